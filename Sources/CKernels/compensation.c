#include "internal/compensation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/bfloat16.h"

/// Sums in several chains, which a processor adds at once.
static double dot(size_t count, const double *a, const double *b) {
  enum { chains = 8 };
  double sums[chains] = {0}, sum = 0;
  size_t i = 0;
  for (; i + chains <= count; i += chains)
    for (size_t c = 0; c < chains; c++) sums[c] += a[i + c] * b[i + c];
  for (; i < count; i++) sum += a[i] * b[i];
  for (size_t c = 0; c < chains; c++) sum += sums[c];
  return sum;
}

/// Hidden units: first weights in float64, transposed, `[count, depth]`, and the lengths of their rows.
typedef struct hidden_units {
  size_t count, depth;
  ckernels_activation_kind activation;
  double *weights, *norms;
} hidden_units;

static bool allocate_units(hidden_units *units, const ckernels_hourglass_parameters *parameters) {
  const size_t count = parameters->hidden_width, depth = parameters->input_width;
  *units = (hidden_units){count, depth, parameters->activation1.kind,
                          calloc(count * depth, sizeof(double)), calloc(count, sizeof(double))};
  return units->weights && units->norms;
}

static void free_units(hidden_units *units) {
  free(units->weights);
  free(units->norms);
}

static double rounded(double value) { return ckernels_rounded_to_bfloat16((float)value); }

/// The factor from 1 to 2 with which weights lose least by rounding, relative to their length.
static double best_scale(size_t count, const double *weights) {
  enum { steps = 32 };
  double best = 1, least = INFINITY;
  for (int step = 0; step < steps; step++) {
    const double scale = 1 + (double)step / steps;
    double loss = 0;
    for (size_t k = 0; k < count; k++) {
      const double rest = rounded(weights[k] * scale) / scale - weights[k];
      loss += rest * rest;
    }
    if (loss < least) {
      least = loss;
      best = scale;
    }
  }
  return best;
}

/// Fills units with scaled first weights, and others with the rounding of those.
static void fill_units(const float *weights, hidden_units *exact, hidden_units *nearest,
                       double *scales) {
  const size_t count = exact->count, depth = exact->depth;
  for (size_t i = 0; i < count; i++) {
    double *row = exact->weights + i * depth, *nearest_row = nearest->weights + i * depth;
    for (size_t k = 0; k < depth; k++) row[k] = weights[k * count + i];
    scales[i] = best_scale(depth, row);
    for (size_t k = 0; k < depth; k++) {
      row[k] *= scales[i];
      nearest_row[k] = rounded(row[k]);
    }
    exact->norms[i] = sqrt(dot(depth, row, row));
    nearest->norms[i] = sqrt(dot(depth, nearest_row, nearest_row));
  }
}

/// E[activation(a . x) activation(b . x)] of two units for normal x of mean 0 and variance 1; for ReLU
/// the arc-cosine kernel of degree 1 (Cho and Saul, NIPS 2009, equation 6).
static double moment(const hidden_units *a, size_t i, const hidden_units *b, size_t j) {
  const double product = dot(a->depth, a->weights + i * a->depth, b->weights + j * b->depth);
  if (a->activation == CKERNELS_ACTIVATION_IDENTITY) return product;
  const double norms = a->norms[i] * b->norms[j];
  if (norms == 0) return 0;
  const double pi = 0x1.921fb54442d18p+1;
  const double cosine = fmax(-1, fmin(1, product / norms));
  return norms / (2 * pi) * (sqrt(1 - cosine * cosine) + (pi - acos(cosine)) * cosine);
}

/// Replaces the lower triangle of a symmetric matrix `[width, width]` by its Cholesky factor; false
/// for one that is not positive definite.
static bool factorize(size_t width, double *matrix) {
  for (size_t i = 0; i < width; i++) {
    double *row = matrix + i * width;
    for (size_t j = 0; j < i; j++) {
      const double *other = matrix + j * width;
      row[j] = (row[j] - dot(j, row, other)) / other[j];
    }
    row[i] = sqrt(row[i] - dot(i, row, row));
    // NaN is refused as well.
    if (!(row[i] > 0 && row[i] < INFINITY)) return false;
  }
  return true;
}

/// Solves factor @ factor^T @ column = column and rounds the solution as it comes, from the last value
/// to the first: what rounding does to one value, those before it make up for.
static bool solve_rounded(size_t width, const double *factor, double *column) {
  for (size_t i = 0; i < width; i++)
    column[i] = (column[i] - dot(i, factor + i * width, column)) / factor[i * width + i];
  for (size_t i = width; i-- > 0;) {
    const double *row = factor + i * width;
    column[i] = rounded(column[i] / row[i]);
    if (!isfinite(column[i])) return false;
    for (size_t k = 0; k < i; k++) column[k] -= row[k] * column[i];
  }
  return true;
}

/// Second weights, transposed, `[output_width, hidden_width]`, for exact units → those of bfloat16 for
/// their roundings, in place; false when there are none. `matrix`, `[hidden_width, hidden_width]`,
/// and `column`, `[hidden_width]`, are overwritten.
static bool choose_weights(const hidden_units *exact, const hidden_units *nearest, size_t width,
                           double *weights, double *matrix, double *column) {
  const size_t count = exact->count;
  double trace = 0;
  for (size_t i = 0; i < count; i++) trace += moment(nearest, i, nearest, i);
  // Hidden values are rounded as well: finer differences between them carry no information.
  const double noise = 0x1p-16 * trace / (double)count;
  // C, by which the weights are replaced by C @ weights.
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < count; j++) matrix[i * count + j] = moment(nearest, i, exact, j);
    matrix[i * count + i] += noise;
  }
  for (size_t c = 0; c < width; c++) {
    double *row = weights + c * count;
    for (size_t i = 0; i < count; i++) column[i] = dot(count, matrix + i * count, row);
    memcpy(row, column, count * sizeof *row);
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j <= i; j++) matrix[i * count + j] = moment(nearest, i, nearest, j);
    matrix[i * count + i] += noise;
  }
  if (!factorize(count, matrix)) return false;
  for (size_t c = 0; c < width; c++)
    if (!solve_rounded(count, matrix, weights + c * count)) return false;
  return true;
}

bool ckernels_compensate(const ckernels_hourglass_parameters *parameters, float *weights1,
                         float *weights2) {
  const size_t count = parameters->hidden_width, width = parameters->output_width;
  const ckernels_activation_kind activation = parameters->activation1.kind;
  if (count > ckernels_compensation_width_limit ||
      (activation != CKERNELS_ACTIVATION_IDENTITY && activation != CKERNELS_ACTIVATION_RELU))
    return true;
  hidden_units exact = {0}, nearest = {0};
  double *weights = calloc(width * count, sizeof(double));
  double *matrix = calloc(count * count, sizeof(double));
  double *column = calloc(count, sizeof(double)), *scales = calloc(count, sizeof(double));
  const bool has_memory = weights && matrix && column && scales &&
                          allocate_units(&exact, parameters) &&
                          allocate_units(&nearest, parameters);
  if (has_memory) {
    fill_units(weights1, &exact, &nearest, scales);
    for (size_t i = 0; i < count; i++)
      for (size_t c = 0; c < width; c++)
        weights[c * count + i] = weights2[i * width + c] / scales[i];
    if (choose_weights(&exact, &nearest, width, weights, matrix, column))
      for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < exact.depth; k++)
          weights1[k * count + i] = (float)nearest.weights[i * exact.depth + k];
        for (size_t c = 0; c < width; c++) weights2[i * width + c] = (float)weights[c * count + i];
      }
  }
  free_units(&exact);
  free_units(&nearest);
  free(weights);
  free(matrix);
  free(column);
  free(scales);
  return has_memory;
}
