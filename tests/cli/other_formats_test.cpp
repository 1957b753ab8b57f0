// Files and folders of models in other formats: each is named for what it is.
#include <filesystem>

#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

using namespace std::string_literals;

void check(const std::string& weights, const std::string& message) {
  check_error(run({"multihead", "--weights", weights, "--list"}), 1, message);
}

// A safetensors file of tensors of one element, by their names.
std::string safetensors(const std::vector<std::string>& names, const std::string& dtype, std::size_t bytes) {
  Json header = Json::object();
  std::size_t end = 0;
  for (const std::string& name : names) {
    header[name] = {{"dtype", dtype}, {"shape", {1, 1}}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  std::string text = header.dump(), length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xFFU);
  return length + text + std::string(end, '\0');
}

}  // namespace

TEST_CASE("files of other formats", "[checkpoint]") {
  const Folder folder;
  const std::string read =
      "; what attn reads is .safetensors, .safetensors.index.json, .npz, .gguf, or a folder with one";
  const std::string pickle = "is a pickle of PyTorch";
  struct File {
    const char* name;
    std::string bytes, message;
  };
  for (const File& file : {File{"pytorch_model.bin", "PK\3\4rest", pickle}, File{"old.bin", "\x80\2rest"s, pickle},
                           File{"model.pt", "anything", pickle}, File{"model.pth", "anything", pickle},
                           File{"model.onnx", "\10\7", "is an ONNX model"},
                           File{"tf_model.h5", "anything", "is an HDF5 file of TensorFlow or Keras"},
                           File{"weights", "\x89HDF\r\n\x1a\n", "is an HDF5 file of TensorFlow or Keras"},
                           File{"flax_model.msgpack", "\x81", "is a msgpack file of Flax"},
                           File{"ggml-model.bin", "tjgg\3\0\0\0"s, "is a file of llama.cpp from before GGUF"},
                           File{"x.tflite", "....TFL3", "is a model of TensorFlow Lite"}}) {
    folder.write(file.name, file.bytes);
    check(file.name, std::string(file.name) + ": " + file.message + read);
  }
}

TEST_CASE("folders of other formats", "[checkpoint]") {
  const Folder folder;
  const std::string none = "f: has no model.safetensors, model.safetensors.index.json, model.npz or .gguf file";
  for (const auto& [name, what] :
       {std::pair{"pytorch_model.bin",
                  "a pickle, which attn does not read: from_pretrained and save_pretrained of "
                  "transformers write the model as model.safetensors"},
        {"pytorch_model.bin.index.json",
         "of pickles, which attn does not read: from_pretrained and save_pretrained of "
         "transformers write the model as model.safetensors"},
        {"tf_model.h5", "an HDF5 file of TensorFlow or Keras"},
        {"flax_model.msgpack", "a msgpack file of Flax"},
        {"model.onnx", "an ONNX model"},
        {"saved_model.pb", "a model of TensorFlow"},
        {"openvino_model.xml", "a model of OpenVINO"},
        {"consolidated.00.pth", "a pickle, which attn does not read"}}) {
    std::filesystem::create_directory("f");
    folder.write(std::string("f/") + name, "x");
    check("f", none + "; its " + name + " is " + what);
    std::filesystem::remove_all("f");
  }
}

TEST_CASE("adapters", "[checkpoint]") {
  const Folder folder;
  std::filesystem::create_directory("f");
  folder.write("f/adapter_config.json", R"({"base_model_name_or_path": "org/base", "peft_type": "LORA"})");
  const std::string lora = "base_model.model.model.layers.0.self_attn.q_proj.lora_";
  folder.write("f/adapter_model.safetensors", safetensors({lora + "A.weight", lora + "B.weight"}, "F32", 4));
  const std::string message =
      "f: is an adapter (adapter_config.json) of 'org/base': its weights change that model's; merge_and_unload of "
      "peft, "
      "then save_pretrained, write the changed model, which attn reads";
  check("f", message);
  check_error(run({"multihead", "--weights", "f/adapter_model.safetensors", "--random", "2,4"}), 1,
              "f/adapter_model.safetensors: has a LoRA adapter, which changes another model's weights");
  // Beside a model as well: which of the two is meant is not known. The file itself is the model.
  write_small_model("llama", "f");
  check("f", message);
  CHECK(run({"multihead", "--weights", "f/model.safetensors", "--list"}).code == 0);
  folder.write("f/adapter_config.json", "{}");
  check("f",
        "f: is an adapter (adapter_config.json) of another model: its weights change that model's; merge_and_unload of "
        "peft, "
        "then save_pretrained, write the changed model, which attn reads");
}

TEST_CASE("quantised checkpoints by the program that made them", "[checkpoint]") {
  const Folder folder;
  const std::string q = "model.layers.0.self_attn.q_proj", o = "model.layers.0.self_attn.o_proj";
  const auto layer = [](const std::string& file) {
    return run({"multihead", "--weights", file, "--random", "2,1", "--heads", "1"});
  };
  folder.write("gptq.safetensors", safetensors({q + ".qweight", q + ".qzeros", q + ".scales"}, "I32", 4));
  check_error(layer("gptq.safetensors"), 1,
              "gptq.safetensors: has weights quantised by GPTQ or AWQ, which are not read");
  std::vector<std::string> names;
  for (const char* const part : {"q", "k", "v", "o"})
    for (const char* const kind : {".weight", ".scales", ".biases"})
      names.push_back("model.layers.0.self_attn." + std::string(part) + "_proj" + kind);
  folder.write("mlx.safetensors", safetensors(names, "U32", 4));
  check_error(layer("mlx.safetensors"), 1, "mlx.safetensors: has weights quantised by MLX, which are not read");
  std::filesystem::create_directory("f");
  write_small_model("llama", "f");
  Json config = parsed_json(folder.read("f/config.json"));
  const Json plain = config;
  config["quantization"] = {{"group_size", 64}, {"bits", 4}};
  folder.write("f/config.json", config.dump());
  const auto model = [] { return run({"multihead", "--weights", "f", "--ids", "1,2"}); };
  check_error(model(), 1, "f/config.json#/quantization: quantised weights are not read");
  config = plain;
  config["quantization_config"] = {{"quant_method", "awq"}};
  folder.write("f/config.json", config.dump());
  check_error(model(), 1, "f/config.json#/quantization_config: quantised weights (awq) are not read");
}

}  // namespace attn::test
