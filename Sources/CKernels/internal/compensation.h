#ifndef CKERNELS_INTERNAL_COMPENSATION_H
#define CKERNELS_INTERNAL_COMPENSATION_H

#include <stdbool.h>

#include "../include/CKernelsDense.h"

/// Replaces copies of an hourglass's weights by values of bfloat16 with which the layer as a whole
/// changes less than with the nearest ones; false when memory runs out.
///
/// Hidden units may be scaled, as identity and ReLU let factors from 1 to 2 pass to the second
/// weights: each takes the one with which its first weights lose least. The second weights then make
/// up for what is left. Were the inputs x independent, of mean 0 and variance 1, the moments of
/// h = activation1(x @ W1) and of ĥ from rounded W1,
///   M = E[ĥ^T ĥ], C = E[ĥ^T h],
/// have a closed form, and V = M^-1 C W2 is best in the sense of least squares. It is rounded value by
/// value, where each makes up for those rounded before it: Babai's nearest plane
/// (doi:10.1007/BF02579403) with the Cholesky factor of M.
///
/// Of the four roundings of an hourglass, those of the inputs and of the hidden values remain.
/// Weights stay as they are with hidden layers wider than `ckernels_compensation_width_limit`, with
/// other activations, and where moments are not finite.
bool ckernels_compensate(const ckernels_hourglass_parameters *parameters, float *weights1,
                         float *weights2);

/// The work grows with the third power of the width: up to here it is a fraction of a second.
enum { ckernels_compensation_width_limit = 1024 };

#endif
