#include "adapter/tasks.h"

namespace dynamic_mri {

iso::plugin::Task* make_rdledm() {
  return new SeriesTask<RdledmOptions>{
      {"Error decomposition (RDLEDM)",
       "Series of images from undersampled k-space: total variation in space and time, low rank, layers.",
       "RDLEDM (our completion of arXiv:2310.14934, of which we know the abstract alone). Minimises "
       "$\\tfrac12\\|A(X+E)-b\\|^2 + \\lambda_s\\|\\nabla X\\|_{2,1} + \\lambda_t\\|\\partial_t X\\|_1 + "
       "\\lambda_g\\|C(X)\\|_* + \\lambda_p\\sum_j\\|B_jX\\|_* + \\mu\\|E\\|_1$ in layers, each of which adds back "
       "what the "
       "one before left unexplained. Which terms, weights and layers is ours; the README says what is the paper's.",
       "Reconstruction",
       {"J. Tan, C. Qing and X. Xu, arXiv:2310.14934 (2023), doi:10.48550/arXiv.2310.14934",
        "L. Condat, J. Optim. Theory Appl. 158 (2013) 460, doi:10.1007/s10957-012-0245-9"}}};
}

iso::plugin::Task* make_ftvnnr() {
  return new SeriesTask<FtvnnrOptions>{
      {"Total variation and nuclear norm (FTVNNR)",
       "Series of images that vary little in space and have low rank over time.",
       "Minimises $\\tfrac12\\|AX-b\\|^2 + \\lambda_s\\|\\nabla X\\|_{2,1} + \\lambda_g\\|C(X)\\|_*$.",
       "Reconstruction",
       {"J. Yao, Z. Xu, X. Huang and J. Huang, Med. Image Anal. 44 (2018) 14"}}};
}

iso::plugin::Task* make_l_plus_s() {
  return new SeriesTask<LPlusSOptions>{
      {"Low rank plus sparse (L+S)",
       "A background of low rank and a part that is sparse in its spectrum along time.",
       "Minimises $\\tfrac12\\|A(L+S)-b\\|^2 + \\lambda_L\\|C(L)\\|_* + \\lambda_S\\|F_tS\\|_1$, the convex problem of "
       "fixed weights; $\\lambda_L$ is given as a part of the largest singular value of the start. (The rule of the "
       "paper has a "
       "threshold that follows the iterate and minimises no such problem.) The output error_map holds S.",
       "Reconstruction",
       {"R. Otazo, E. Candes and D. Sodickson, Magn. Reson. Med. 73 (2015) 1125, doi:10.1002/mrm.25240"}}};
}

iso::plugin::Task* make_temporal_tv() {
  return new SeriesTask<TemporalTvOptions>{
      {"Temporal total variation",
       "Series whose voxels change seldom: the model of GRASP, on lines.",
       "Minimises $\\tfrac12\\|AX-b\\|^2 + \\lambda_t\\|\\partial_t X\\|_1$. Curves of contrast get steps and late "
       "peaks if the "
       "weight is large.",
       "Reconstruction",
       {"L. Feng et al., Magn. Reson. Med. 72 (2014) 707, doi:10.1002/mrm.24980"}}};
}

iso::plugin::Task* make_llr() {
  return new SeriesTask<LlrOptions>{
      {"Locally low rank",
       "Series whose patches have few ways to change over time.",
       "Minimises $\\tfrac12\\|AX-b\\|^2 + \\lambda\\sum_j\\|B_jX\\|_*$ over patches of two grids that are half a "
       "patch apart.",
       "Reconstruction",
       {"T. Zhang, J. Pauly and I. Levesque, Magn. Reson. Med. 73 (2015) 655, doi:10.1002/mrm.25161"}}};
}

iso::plugin::Task* make_kt_slr() {
  return new SeriesTask<KtSlrOptions>{
      {"Sparse and low rank (k-t SLR, convex)",
       "Series of low rank that vary little in space and time.",
       "Minimises $\\tfrac12\\|AX-b\\|^2 + \\lambda(\\|\\nabla X\\|_{2,1} + \\|\\partial_tX\\|_1) + "
       "\\lambda_g\\|C(X)\\|_*$: the "
       "convex member (p = 1) of the family.",
       "Reconstruction",
       {"S. Lingala, Y. Hu, E. DiBella and M. Jacob, IEEE Trans. Med. Imaging 30 (2011) 1042, "
        "doi:10.1109/TMI.2010.2100850"}}};
}

iso::plugin::Task* make_cg_sense() {
  return new SeriesTask<CgSenseOptions>{
      {"CG-SENSE",
       "Least squares of every frame by itself, with the maps of the coils.",
       "Minimises $\\|AX-b\\|^2 + a\\|X\\|^2$ by conjugate gradients. With one coil it is no more than zero filling.",
       "Reconstruction",
       {"K. Pruessmann, M. Weiger, P. Boernert and P. Boesiger, Magn. Reson. Med. 46 (2001) 638, "
        "doi:10.1002/mrm.1241"}}};
}

iso::plugin::Task* make_zero_filled() {
  return new SeriesTask<ZeroFilledOptions>{
      {"Zero filling",
       "The lines as they are, others 0 or taken from the frame nearest in time: what a preview shows.",
       "$X = A^Hb$.",
       "Reconstruction",
       {"K. Pruessmann, M. Weiger, M. Scheidegger and P. Boesiger, Magn. Reson. Med. 42 (1999) 952, "
        "doi:10.1002/(SICI)1522-2594(199911)42:5<952::AID-MRM16>3.0.CO;2-S"}}};
}

}  // namespace dynamic_mri
