// What the files begin with whose kernels multiply pairs of bfloat16: Highway's passes over them, in which AVX-512 also
// has the conversions and products of AVX512_BF16. Such a file defines HWY_TARGET_INCLUDE as its own name before it
// includes this, after kernels/targets.hpp, and compiles for HWY_AVX3 alone what follows.

#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/bfloat16.hpp"
#include "kernels/constants.hpp"
#include "kernels/inlining.hpp"
#include "kernels/simd.hpp"

// Functions of the file, and of the headers below as compiled there, may hold the instructions.
#if HWY_TARGET == HWY_AVX3
#undef HWY_TARGET_STR
#define HWY_TARGET_STR HWY_TARGET_STR_AVX3 ",avx512bf16"
#endif

#include "kernels/exp-inl.hpp"
#include "kernels/exponentials-inl.hpp"
#include "kernels/keep-inl.hpp"
#include "kernels/packing-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/softmax-inl.hpp"

#if HWY_TARGET == HWY_AVX3
#include "kernels/bf16_pairs-inl.hpp"
#endif
