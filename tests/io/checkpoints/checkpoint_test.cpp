// Checkpoints without a run: the table of architectures, what is read of a file and what is not, config.json.
#include "attn/checkpoint.hpp"

#include <filesystem>
#include <set>

#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/layouts.hpp"
#include "io/checkpoints/match.hpp"
#include "io/support.hpp"

namespace attn::test {
namespace {

std::string checkpoint_path(const std::string& name) { return std::string(ATTN_TEST_DATA) + "/checkpoints/" + name; }

CheckpointChoice layer(std::int64_t number) {
  CheckpointChoice choice;
  choice.layer = number;
  return choice;
}

std::vector<std::string> paths_of(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const io::NamedLayers& found : io::match_all(names)) {
    paths.push_back(std::string(found.row->name) + " " + found.attention);
    for (const std::int64_t number : found.layers) paths.back() += " " + std::to_string(number);
  }
  return paths;
}

}  // namespace

TEST_CASE("each architecture and model_type is in the table once", "[checkpoint]") {
  std::set<std::string> names;
  for (const io::Architecture& row : io::architectures()) {
    INFO(row.name);
    CHECK(names.insert(std::string(row.name)).second);
    CHECK(!row.models.empty());
    for (const std::string& type : io::words(row.model_types))
      if (type != row.name) CHECK(names.insert(type).second);
  }
  CHECK(names.size() > 25);
}

TEST_CASE("names are matched with any prefix, whole parts and numbers", "[checkpoint]") {
  using Paths = std::vector<std::string>;
  CHECK(paths_of({"h.0.attn.c_attn.weight", "h.12.attn.c_attn.weight", "h.3.attn.c_attn.weight"}) ==
        Paths{"gpt2 h.N.attn. 0 3 12", "gpt-bigcode h.N.attn. 0 3 12", "openai-gpt h.N.attn. 0 3 12"});
  CHECK(paths_of({"a.b.h.3.attn.c_attn.weight"}) ==
        Paths{"gpt2 a.b.h.N.attn. 3", "gpt-bigcode a.b.h.N.attn. 3", "openai-gpt a.b.h.N.attn. 3"});
  CHECK(paths_of({"ah.3.attn.c_attn.weight", "h.x.attn.c_attn.weight", "h..attn.c_attn.weight",
                  "h.3.attn.c_attn.weight2", "h.99999999999999999999.attn.c_attn.weight"})
            .empty());
  CHECK(paths_of({"in_proj_weight"}) == Paths{"torch "});
  CHECK(paths_of({"attn.in_proj_weight"}) == Paths{"torch attn."});
  CHECK(paths_of({"resblocks.7.attn.in_proj_weight", "resblocks.8.attn.in_proj_weight"}) ==
        Paths{"torch resblocks.N.attn. 7 8"});
  CHECK(paths_of({"layers.0.self_attn.q_proj_weight", "layers.0.multihead_attn.in_proj_weight"}) ==
        Paths{"torch layers.N.multihead_attn. 0", "torch layers.N.self_attn. 0"});
  CHECK(paths_of({"W_q"}) == Paths{"attn "});
  CHECK(io::without_numbers("model.layers.31.x.0") == "model.layers.N.x.N");
}

TEST_CASE("only the tensors of one layer are read", "[checkpoint]") {
  // The layer takes 3200 bytes as float32, the file's two layers twice as much.
  const ReadOptions limited{.dtype = DType::f32, .max_memory = 4000};
  const AttentionLayer found = Checkpoint::open(checkpoint_path("qwen2"), limited).read(layer(1), false);
  CHECK(found.projections.size() == 7);
  CHECK(found.projections.at("k_proj.bias").tensor.shape() == Shape{8});
  const ReadOptions tight{.dtype = DType::f32, .max_memory = 3000};
  CHECK(error_of([&] {
          Checkpoint::open(checkpoint_path("qwen2"), tight).read(layer(1), false);
        }).find("`max_memory` sets the limit") != std::string::npos);
  // A shard that the layer has no part in need not be there.
  const TemporaryFolder folder;
  const std::string index = folder / "model.safetensors.index.json";
  spit(index, R"({"weight_map":{"h.0.attn.c_attn.weight":"a.safetensors","h.1.attn.c_attn.weight":"b.safetensors"}})");
  CHECK(Checkpoint::open(index, {}).groups({})[0].layers == std::vector<std::int64_t>{0, 1});
  CHECK(error_of([&] { Checkpoint::open(index, {}).plan(layer(1)); }).find("lacks 'h.1.attn.c_attn.bias'") !=
        std::string::npos);
}

TEST_CASE("a plan has what config.json and the names say", "[checkpoint]") {
  AttentionLayer plan = Checkpoint::open(checkpoint_path("gpt-oss"), {}).plan(layer(0));
  CHECK(plan.architecture == "gpt-oss");
  CHECK(plan.heads == 4);
  CHECK(plan.kv_heads == 2);
  CHECK(plan.head_dim == 8);
  CHECK(plan.causal);
  CHECK(plan.window == 3);
  CHECK(plan.has_sinks);
  CHECK(plan.has_norm);
  CHECK(plan.epsilon == 1e-5);
  CHECK(!plan.scale);
  REQUIRE(plan.rope);
  CHECK(plan.rope->kind == RopeRule::Kind::yarn);
  CHECK(!plan.rope->truncate);
  CHECK(plan.projections.empty());
  plan = Checkpoint::open(checkpoint_path("gpt-oss"), {}).plan(layer(1));
  CHECK(!plan.window);
  CheckpointChoice decoder = layer(1);
  decoder.prefix = "decoder";
  plan = Checkpoint::open(checkpoint_path("t5"), {}).plan(decoder);
  CHECK(plan.causal);
  CHECK(plan.scale == 1.0);
  CHECK(plan.tensors[0] == "decoder.block.1.layer.0.SelfAttention.q.weight");
}

TEST_CASE("bases of RoPE that config.json leaves out", "[checkpoint]") {
  const TemporaryFolder folder;
  const std::string file = folder / "model.safetensors";
  std::filesystem::copy_file(checkpoint_path("gemma3/model.safetensors"), file);
  spit(folder / "config.json", R"({"model_type":"gemma3","text_config":{"model_type":"gemma3_text","sliding_window":4,
    "sliding_window_pattern":2,"rope_scaling":{"factor":8,"rope_type":"linear"}}})");
  const AttentionLayer local = Checkpoint::open(file, {}).plan(layer(0)),
                       full = Checkpoint::open(file, {}).plan(layer(1));
  CHECK(local.heads == 4);  // by the width of q_norm
  CHECK(local.window == 4);
  CHECK(local.rope->theta == 10000);
  CHECK(local.rope->kind == RopeRule::Kind::unscaled);
  CHECK(!full.window);
  CHECK(full.rope->theta == 1e6);
  CHECK(full.rope->kind == RopeRule::Kind::linear);
}

TEST_CASE("weights are widened to the dtype that is asked for", "[checkpoint]") {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const char* name : {"qwen2", "mistral", "gpt-neox", "phi3"})
      for (const auto& [projection, stored] :
           Checkpoint::open(checkpoint_path(name), {.dtype = dtype}).read(layer(0), true).projections)
        CHECK(stored.tensor.dtype() == dtype);
}

TEST_CASE("fused projections are taken apart", "[checkpoint]") {
  std::vector<float> numbers;
  for (int i = 0; i < 12; ++i) numbers.push_back(static_cast<float>(i));
  const auto parts = [&](Shape shape, io::Layout layout, io::Widths widths) {
    std::vector<std::vector<float>> values;
    for (const Tensor& part : io::take_apart(Tensor::of<float>(std::move(shape), numbers), layout, widths))
      values.push_back(values_of<float>(part));
    return values;
  };
  using Parts = std::vector<std::vector<float>>;
  CHECK(parts({2, 6}, io::Layout::columns, {2, 2, 1}) == Parts{{0, 1, 6, 7}, {2, 3, 8, 9}, {4, 5, 10, 11}});
  CHECK(parts({12}, io::Layout::columns, {4, 4, 2}) == Parts{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}});
  CHECK(parts({6, 2}, io::Layout::rows, {4, 1, 1}) == Parts{{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9}, {10, 11}});
  CHECK(parts({12}, io::Layout::head_rows, {4, 4, 2}) == Parts{{0, 1, 6, 7}, {2, 3, 8, 9}, {4, 5, 10, 11}});
  // Two key/value heads of two queries each; one of four; as many as queries, which is a head at a time.
  CHECK(parts({12}, io::Layout::group_rows, {8, 2, 1}) == Parts{{0, 1, 2, 3, 6, 7, 8, 9}, {4, 10}, {5, 11}});
  CHECK(parts({6, 2}, io::Layout::group_rows, {4, 1, 1}) == Parts{{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9}, {10, 11}});
  CHECK(parts({12}, io::Layout::group_rows, {4, 4, 2}) == Parts{{0, 1, 6, 7}, {2, 3, 8, 9}, {4, 5, 10, 11}});
  CHECK(parts({12}, io::Layout::four_blocks, {4, 4, 1}) == Parts{{0, 3, 6, 9}, {2, 5, 8, 11}, {1, 4, 7, 10}});
}

TEST_CASE("tensors of a wrong rank are errors", "[checkpoint]") {
  const TemporaryFolder folder;
  const std::string header = R"({"h.0.attn.c_attn.weight":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                             R"("h.0.attn.c_attn.bias":{"dtype":"F32","shape":[],"data_offsets":[4,8]},)"
                             R"("h.0.attn.c_proj.weight":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
                             R"("h.0.attn.c_proj.bias":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size() & 0xFFU);
  file[1] = static_cast<char>(header.size() >> 8U);
  spit(folder / "m.safetensors", file + header + std::string(16, '\0'));
  CheckpointChoice one;
  one.heads = 1;
  CHECK(error_of([&] { Checkpoint::open(folder / "m.safetensors", {}).plan(one); }) ==
        (folder / "m.safetensors") + "#/h.0.attn.c_attn.weight: has the shape (); a matrix is expected");
}

}  // namespace attn::test
