// The TABLE of stages: what a run can emit, in the documents' order.
#include <array>

#include "attn/attention.hpp"
#include "attn/error.hpp"
#include "core/nearest.hpp"

namespace attn {
namespace {

constexpr std::array<StageInfo, 14> table{{
    {Stage::query, "query", "the queries; in multihead projected and split into heads"},
    {Stage::key, "key", "the keys, likewise"},
    {Stage::value, "value", "the values, likewise"},
    {Stage::scores, "scores", "QKᵀ·scale", false, true},
    {Stage::capped, "capped", "after the softcap", false, true},
    {Stage::masked, "masked", "after bias and mask; -inf where masked", false, true},
    {Stage::mask, "mask", "1 where a query may attend a key, 0 where not", false, true},
    {Stage::weights, "weights", "softmax", false, true},
    {Stage::dropped, "dropped", "the weights after dropout", false, true},
    {Stage::concat, "concat", "the heads' outputs side by side", true},
    {Stage::output, "output", "weights·V; in multihead after the output projection"},
    {Stage::lse, "lse", "log of the sum of exponentials of each row"},
    {Stage::present_key, "present_key", "cached and new keys"},
    {Stage::present_value, "present_value", "cached and new values"},
}};

}  // namespace

std::span<const StageInfo> stages() { return table; }

Stage stage_of(std::string_view name, const std::string& where) {
  std::vector<std::string_view> names;
  std::string all;
  for (const StageInfo& info : table) {
    if (info.name == name) return info.stage;
    names.push_back(info.name);
    all += (all.empty() ? "" : ", ") + std::string(info.name);
  }
  const std::string near = did_you_mean(name, names);
  throw usage_error(where,
                    "there is no tensor '" + std::string(name) + "'" + (near.empty() ? "; there are " + all : near));
}

}  // namespace attn
