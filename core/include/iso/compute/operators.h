#pragma once

/// The operators that methods of tomography and its solvers ask for. One header each; a new one need not be added here.
#include "iso/compute/operators/backprojection.h"
#include "iso/compute/operators/detector_filter.h"
#include "iso/compute/operators/finite_difference.h"
#include "iso/compute/operators/fourier.h"
#include "iso/compute/operators/ray_transform.h"
