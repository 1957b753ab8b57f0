// Writing results and tensors in any format.
#pragma once

#include "attn/array_writers.hpp"
#include "attn/document.hpp"
#include "attn/formats.hpp"
#include "attn/result_json.hpp"
#include "attn/sink.hpp"

namespace attn {

/// A result as a whole document. Throws Error (usage) for a format that holds one tensor.
void write_result(const Result& result, const Format& format, Sink& sink);

/// One tensor in a format that holds one (CSV, TSV, NPY). Throws Error (usage) for another.
void write_tensor(const TensorRows& tensor, const TensorLabels& labels, const Format& format, Sink& sink);

}  // namespace attn
