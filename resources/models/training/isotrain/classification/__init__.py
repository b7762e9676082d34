"""Classifiers that are trained to be smoothed with Gaussian noise: data, halves of the pixels, network, losses, figures, card."""
