// The vector kernels, for one instruction set: included by a file that has defined LANES, ROW_TILE,
// PANEL_VECTORS, PARTS, FRACTION_BITS, VARIANT, the types `vector` and `integers`, and the primitives
// on them.

#include "elementary.h"

#include "activation.h"

#include "operands.h"

#include "linear.h"

#include "hourglass.h"

#include "kpconvx.h"

#include "kpconv.h"

#include "conv2d.h"

#include "local_conv2d.h"

#include "neighbors.h"

#include "rows.h"

#include "raster.h"

#include "nearest.h"

#include "curve.h"

#include "knn.h"

#include "multiply_add.h"

#include "read.h"

#include "variant.h"
