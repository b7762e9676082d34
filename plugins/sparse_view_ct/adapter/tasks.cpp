#include "adapter/tasks.h"

namespace sparse_view_ct {

iso::plugin::Task* make_fbp() {
  return new ScanTask<FbpOptions>{
      {"Filtered back-projection",
       "Direct reconstruction of parallel and fan beams, and of circular cone beams (FDK).",
       "Weights every view, filters its rows with the ramp times a window, and back-projects with the squared "
       "magnification. Few views leave streaks: use total variation then.",
       "Reconstruction",
       {"L. Feldkamp, L. Davis and J. Kress, J. Opt. Soc. Am. A 1 (1984) 612, doi:10.1364/JOSAA.1.000612",
        "D. Parker, Med. Phys. 9 (1982) 254, doi:10.1118/1.595078"}}};
}

iso::plugin::Task* make_sart() {
  return new ScanTask<SartOptions>{
      {"Algebraic reconstruction (SART)",
       "Corrects the image by the misfit of one view or subset of views after the other.",
       "$x \\leftarrow P(x + \\lambda C A_s^T R_s (p_s - A_s x))$ over the subsets $s$. Works for any geometry and for "
       "limited angles.",
       "Reconstruction",
       {"A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81, doi:10.1177/016173468400600107",
        "G. Wang and M. Jiang, J. X-Ray Sci. Technol. 12 (2004) 169"}}};
}

iso::plugin::Task* make_cgls() {
  return new ScanTask<CglsOptions>{
      {"Conjugate gradients (CGLS)",
       "Least squares by conjugate gradients, ended by the noise level.",
       "Minimises $\\|A x - p\\|^2 + \\mu \\|x\\|^2$. Converges fast and then fits noise: the number of iterations "
       "regularises.",
       "Reconstruction",
       {"M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409, doi:10.6028/jres.049.044"}}};
}

iso::plugin::Task* make_tv() {
  return new ScanTask<iso::tomography::TvOptions>{
      {"Total variation",
       "Iterative reconstruction from few views that keeps edges; chooses its weight by itself.",
       "Minimises $\\tfrac12\\|A x - p\\|^2 + \\lambda \\sum_j \\|(D x)_j\\|_2$ over $x \\ge 0$. The automatic weight "
       "is $\\lambda = 0.75\\,\\sqrt{h m}\\;\\mathrm{rms}(A x - p)$, see the README. Fine texture of the size of the "
       "noise is lost.",
       "Reconstruction",
       {"L. Rudin, S. Osher and E. Fatemi, Physica D 60 (1992) 259, doi:10.1016/0167-2789(92)90242-F",
        "E. Sidky, J. Jorgensen and X. Pan, Phys. Med. Biol. 57 (2012) 3065, doi:10.1088/0031-9155/57/10/3065",
        "A. Belloni, V. Chernozhukov and L. Wang, Biometrika 98 (2011) 791, doi:10.1093/biomet/asr043"}}};
}

}  // namespace sparse_view_ct
