// Lays random heads out as a document, and their answers as the tensors of a result.
#include "attention/document_heads_case.hpp"

#include <cmath>

namespace attn::test {

HeadsCase::HeadsCase(HeadSizes s, Layout l, unsigned seed)
    : sizes(s),
      layout(l),
      q(random_heads(s.batch, s.heads, s.queries, s.depth, seed)),
      k(random_heads(s.batch, s.kv_heads, s.keys, s.depth, seed + 1000)),
      v(random_heads(s.batch, s.kv_heads, s.keys, s.value_depth, seed + 2000)),
      steps{.scale = 1 / std::sqrt(static_cast<double>(s.depth))} {
  document.tensors = {{"query", assemble(q, layout.operands)},
                      {"key", assemble(k, layout.operands)},
                      {"value", assemble(v, layout.operands)}};
  if (layout.split) {
    options.heads.query = static_cast<std::int64_t>(sizes.heads);
    if (sizes.kv_heads != sizes.heads) options.heads.key_value = static_cast<std::int64_t>(sizes.kv_heads);
  }
  options.wanted.emit = all_stages();
  bias = [s](std::size_t, std::size_t) { return Matrix::zeros(s.queries, s.keys); };
}

Expected HeadsCase::expected() const {
  std::vector<std::vector<HeadAnswer>> answers(sizes.batch);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    for (std::size_t h = 0; h < sizes.heads; ++h) {
      const std::size_t kv = h / (sizes.heads / sizes.kv_heads);
      Pipeline own = steps;
      if (!sinks.empty()) own.sink = sinks[h];
      if (!head_scales.empty()) own.scale = head_scales[h];
      answers[b].push_back(pipeline(q[b][h], k[b][kv], v[b][kv], own, bias(b, h)));
    }
  }
  Expected expected = expected_of(answers, layout.matrices, layout.outputs);
  for (const char* name : {"query", "key", "value"}) expected[name] = document.tensors.at(name);
  expected["present_key"] = assemble(k, layout.matrices);
  expected["present_value"] = assemble(v, layout.matrices);
  return expected;
}

void HeadsCase::check() const { check_run(compute, document, options, expected()); }

}  // namespace attn::test
