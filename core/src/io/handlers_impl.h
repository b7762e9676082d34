#pragma once

#include "iso/io/registry.h"

#include <memory>
#include <vector>

namespace iso::io::detail {

using Handlers = std::vector<std::unique_ptr<Handler>>;

// Each adds the formats of one file of this folder.
void add_nifti(Handlers& to);
void add_nrrd(Handlers& to);
void add_metaimage(Handlers& to);
void add_tiff(Handlers& to);
void add_container(Handlers& to);
void add_numpy(Handlers& to);
void add_matlab(Handlers& to);
void add_bart(Handlers& to);
void add_csv(Handlers& to);
void add_envi(Handlers& to);
void add_spectrum_text(Handlers& to);
void add_picture(Handlers& to);
void add_mrc(Handlers& to);
void add_dicom(Handlers& to);
void add_ismrmrd(Handlers& to);
void add_data_exchange(Handlers& to);
void add_any_hdf5(Handlers& to);

}  // namespace iso::io::detail
