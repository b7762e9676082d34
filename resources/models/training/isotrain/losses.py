"""Losses. Images are [B, 1, n, n] in units of water."""
import math

import torch
import torch.nn.functional as functional


def image_rmse(prediction, truth):
    """Mean over images of the root of the mean square error (training-on-two-cores.md, section 0)."""
    return (prediction.float() - truth.float()).square().flatten(1).mean(1).add(1e-12).sqrt().mean()


def l1(prediction, truth, scale):
    """The paper's loss of PD-UNet: L1 of both over the scale of the images."""
    return (prediction.float() - truth.float()).abs().mean() / scale


def display_smooth_l1(prediction, truth):
    """SmoothL1 on (HU + 1000) / 3000 (gloredi.md section 4, ours)."""
    return functional.smooth_l1_loss(prediction.float() / 3, truth.float() / 3)


def edm(denoised, clean, sigma, sigma_data):
    """Weight (s^2 + sd^2) / (s sd)^2 of EDM."""
    weight = (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2
    return (weight.view(-1, 1, 1, 1) * (denoised.float() - clean.float()).square()).mean()


def directional(student, teacher):
    """Mean over pixels of 1 - cosine between the channels of two latents."""
    return 1 - functional.cosine_similarity(student.float(), teacher.float(), dim=1).mean()


def band_mask(h, w, low=0.1, high=0.6):
    """A square ring of the DCT plane: low n < max(ky, kx) <= high n. 1472 of 4096 coefficients for 64 x 64."""
    largest = torch.maximum(torch.arange(h)[:, None] / h, torch.arange(w)[None, :] / w)
    return (largest > low) & (largest <= high)


def dct_matrix(n):
    k = torch.arange(n, dtype=torch.float64)
    return torch.cos(math.pi * k[:, None] * (2 * k[None, :] + 1) / (2 * n)).float()


def band_vectors(latent, low=0.1, high=0.6):
    """One unit vector an image: the DCT-II coefficients of all channels within the ring."""
    h, w = latent.shape[-2:]
    spectrum = dct_matrix(h).to(latent.device) @ latent.float() @ dct_matrix(w).to(latent.device).T
    return functional.normalize(spectrum[:, :, band_mask(h, w, low, high).to(latent.device)].flatten(1), dim=1)


def contrastive(student, teacher, bank, temperature=0.07):
    """InfoNCE: anchors are the student's vectors, the positive is the teacher's of the same image, negatives are all other images of
    the batch and the bank [M, K] (ours; the code lets the bank be anchors too, gloredi.md section 4)."""
    others = torch.cat([student.detach(), teacher, bank])
    logits = student @ others.T / temperature
    n = len(student)
    own = torch.zeros_like(logits, dtype=torch.bool)
    own[torch.arange(n), torch.arange(n)] = True
    logits = logits.masked_fill(own, -math.inf)
    return functional.cross_entropy(logits, torch.arange(n, 2 * n, device=student.device))
