// All of attn's library.
#pragma once

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"
#include "attn/conventions.hpp"
#include "attn/document.hpp"
#include "attn/dropout.hpp"
#include "attn/error.hpp"
#include "attn/heatmap.hpp"
#include "attn/initialise.hpp"
#include "attn/io.hpp"
#include "attn/kernels.hpp"
#include "attn/layer.hpp"
#include "attn/mask.hpp"
#include "attn/random.hpp"
#include "attn/tensor.hpp"
#include "attn/view.hpp"
