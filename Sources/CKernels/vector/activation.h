// Activations over whole rows.

// 2^(i / 2^FRACTION_BITS) as bits, less i at the place of FRACTION_BITS behind the exponent: adding
// an integer of that many fractional bits at that place gives its power of two.
#if FRACTION_BITS == 4
static const int32_t power_table[LANES] = {
    0x3f800000, 0x3f7daac3, 0x3f7b95c2, 0x3f79c3d3, 0x3f7837f0, 0x3f76f532, 0x3f75fed7, 0x3f75583f,
    0x3f7504f3, 0x3f7508a4, 0x3f75672a, 0x3f76248c, 0x3f7744fd, 0x3f78ccdf, 0x3f7ac0c7, 0x3f7d257d,
};
#elif FRACTION_BITS == 3
static const int32_t power_table[LANES] = {
    0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7,
};
#endif

/// 1 / (1 + 2^y) with an absolute error of about 2e-7; NaN for NaN.
///
/// y is split into n / 2^FRACTION_BITS, whose power comes from a table in a register, and a rest r,
/// whose power is a minimax polynomial, the shorter the larger the table.
INLINE vector logistic(vector y) {
  // The constant operand first: a NaN in the second one passes, and on through the polynomial.
  y = larger(splat(-126), smaller(splat(126), y));
  const vector magic = splat(0x1.8p23f / (1 << FRACTION_BITS));
  const vector shifted = y + magic;
  const vector r = y - (shifted - magic);
#if FRACTION_BITS == 4
  vector p = splat(0x1.ebfbd6p-3f);
  p = multiply_add(p, r, splat(0x1.62e98p-1f));
#elif FRACTION_BITS == 3
  vector p = splat(0x1.c6a004p-5f);
  p = multiply_add(p, r, splat(0x1.ec0c32p-3f));
  p = multiply_add(p, r, splat(0x1.62e432p-1f));
#else
  vector p = splat(1.326472725e-3f);
  p = multiply_add(p, r, splat(9.671512786e-3f));
  p = multiply_add(p, r, splat(5.550733744e-2f));
  p = multiply_add(p, r, splat(2.402224208e-1f));
  p = multiply_add(p, r, splat(6.931469776e-1f));
#endif
  p = multiply_add(p, r, splat(1));
#if FRACTION_BITS > 0
  const integers fraction = (integers)permute((vector)load_integers(power_table), (integers)shifted);
#else
  const integers fraction = (integers)splat(1);
#endif
  const integers power = ((integers)shifted << (23 - FRACTION_BITS)) + fraction;
  return reciprocal(multiply_add(p, (vector)power, splat(1)));
}

/// What takes x to the exponent of two in its sigmoid: -log2(e).
#define SIGMOID_EXPONENT -0x1.715476p+0f

INLINE vector sigmoid(vector x) { return logistic(x * splat(SIGMOID_EXPONENT)); }

INLINE vector hyperbolic_tangent(vector x) {
  // Far from zero by exponentials; near zero, where those cancel, by an odd polynomial.
  const vector magnitude = larger(x, -x);
  const vector e = exponential(magnitude * splat(-2));
  const vector far = (splat(1) - e) / (splat(1) + e);
  const vector square = x * x;
  vector p = splat(-5.70498872745e-3f);
  p = multiply_add(p, square, splat(2.06390887954e-2f));
  p = multiply_add(p, square, splat(-5.37397155531e-2f));
  p = multiply_add(p, square, splat(1.33314422036e-1f));
  p = multiply_add(p, square, splat(-3.33332819422e-1f));
  const vector near = multiply_add(p * square, x, x);
  const vector signed_far = either(x < zeros(), -far, far);
  return either(magnitude > splat(0.625f), signed_far, near);
}

INLINE vector leaky(vector x, float slope) {
  // The steeper line wins on its side of zero; NaN passes as the second operand.
  return slope <= 1 ? larger(x * splat(slope), x) : smaller(x * splat(slope), x);
}

INLINE vector activated(ckernels_activation_kind kind, float parameter, vector x) {
  switch (kind) {
    case CKERNELS_ACTIVATION_IDENTITY: return x;
    case CKERNELS_ACTIVATION_RELU: return larger(zeros(), x);
    case CKERNELS_ACTIVATION_LEAKY_RELU: return leaky(x, parameter);
    case CKERNELS_ACTIVATION_SIGMOID: return sigmoid(x);
    case CKERNELS_ACTIVATION_TANH: return hyperbolic_tangent(x);
    case CKERNELS_ACTIVATION_RELU6: return smaller(splat(6), larger(zeros(), x));
    case CKERNELS_ACTIVATION_ELU:
      return either(x > zeros(), x, splat(parameter) * (exponential(x) - splat(1)));
    // Far below zero the product vanishes; clamped, it does so for -infinity as well.
    case CKERNELS_ACTIVATION_SILU: return larger(splat(-87), x) * sigmoid(x);
    case CKERNELS_ACTIVATION_GELU:
    case CKERNELS_ACTIVATION_SOFTPLUS: {
      vector y;
      UNROLL for (int l = 0; l < LANES; l++)
        y[l] = (float)ckernels_reference_activation((ckernels_activation){kind, parameter}, x[l]);
      return y;
    }
  }
  return x;
}

INLINE void activate_as(ckernels_activation_kind kind, float parameter, size_t count,
                        const float *x, float *y) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, activated(kind, parameter, load(x + i)));
  if (i < count)
    store_first(y + i, count - i, activated(kind, parameter, load_first(x + i, count - i)));
}

/// y[i] = activation(x[i]) for `count` elements; `y` may be `x`.
SEPARATE void activate(ckernels_activation activation, size_t count, const float *x, float *y) {
#define CASE(kind) \
  case kind: activate_as(kind, activation.parameter, count, x, y); break
  switch (activation.kind) {
    CASE(CKERNELS_ACTIVATION_IDENTITY);
    CASE(CKERNELS_ACTIVATION_RELU);
    CASE(CKERNELS_ACTIVATION_LEAKY_RELU);
    CASE(CKERNELS_ACTIVATION_SIGMOID);
    CASE(CKERNELS_ACTIVATION_TANH);
    CASE(CKERNELS_ACTIVATION_RELU6);
    CASE(CKERNELS_ACTIVATION_ELU);
    CASE(CKERNELS_ACTIVATION_GELU);
    CASE(CKERNELS_ACTIVATION_SILU);
    CASE(CKERNELS_ACTIVATION_SOFTPLUS);
  }
#undef CASE
}
