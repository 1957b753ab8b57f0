// TABLES of what else models are stored as: by the first bytes, by names of files, by names of tensors.
#include "io/checkpoints/other_formats.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "attn/error.hpp"
#include "attn/file_bytes.hpp"
#include "core/utf8.hpp"
#include "io/json/config.hpp"

namespace attn::io {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr std::string_view pickle = "a pickle of PyTorch";
constexpr std::string_view pickle_of_folder =
    "a pickle, which attn does not read: from_pretrained and save_pretrained of transformers write the model as "
    "model.safetensors";
constexpr std::string_view hdf5 = "an HDF5 file of TensorFlow or Keras";
constexpr std::string_view flax = "a msgpack file of Flax";
constexpr std::string_view onnx = "an ONNX model";
constexpr std::string_view older_llama = "a file of llama.cpp from before GGUF";

struct Mark {
  std::string_view text;
  std::string_view what;
};

constexpr std::array<Mark, 10> marks{{
    {"\x89HDF\r\n\x1a\n"sv, hdf5},
    {"PK\3\4"sv, pickle},  // torch.save writes a ZIP; an .npz is known by its name before
    {"\x80\2"sv, pickle},
    {"\x80\3"sv, pickle},
    {"\x80\4"sv, pickle},
    {"\x80\5"sv, pickle},
    {"lmgg"sv, older_llama},
    {"fmgg"sv, older_llama},
    {"tjgg"sv, older_llama},
    {"algg"sv, older_llama},
}};

constexpr std::array<Mark, 8> endings{{
    {".onnx", onnx},
    {".h5", hdf5},
    {".keras", "a model of Keras"},
    {".msgpack", flax},
    {".pt", pickle},
    {".pth", pickle},
    {".ckpt", pickle},
    {".tflite", "a model of TensorFlow Lite"},
}};

// What lies in a folder in the place of a checkpoint.
constexpr std::array<Mark, 10> files{{
    {"pytorch_model.bin", pickle_of_folder},
    {"pytorch_model.bin.index.json",
     "of pickles, which attn does not read: from_pretrained and save_pretrained of "
     "transformers write the model as model.safetensors"},
    {"consolidated.00.pth", "a pickle, which attn does not read"},
    {"model.onnx", onnx},
    {"onnx/model.onnx", onnx},
    {"tf_model.h5", hdf5},
    {"flax_model.msgpack", flax},
    {"saved_model.pb", "a model of TensorFlow"},
    {"openvino_model.xml", "a model of OpenVINO"},
    {"weights.npz", "a file of MLX, or of another program with names of its own"},
}};

// Ends of tensors' names, of which all are there.
struct Method {
  std::array<std::string_view, 2> ends;
  std::string_view what;
};

constexpr std::array<Method, 7> methods{{
    {{".lora_A.weight", ".lora_B.weight"}, "a LoRA adapter, which changes another model's weights"},
    {{".qweight", ".qzeros"}, "weights quantised by GPTQ or AWQ, which are not read"},
    {{".scales", ".biases"}, "weights quantised by MLX, which are not read"},
    {{".absmax", ".quant_map"}, "weights quantised by bitsandbytes, which are not read"},
    {{".weight", ".weight_scale"}, "weights quantised with scales (.weight_scale), which are not read"},
    {{".weight", ".weight_scale_inv"}, "weights quantised with scales (.weight_scale_inv), which are not read"},
    {{".SCB", ".weight_format"}, "weights quantised by bitsandbytes, which are not read"},
}};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

std::optional<std::string> other_model_format(std::string_view path, std::string_view bytes) {
  for (const Mark& mark : marks)
    if (bytes.starts_with(mark.text)) return std::string(mark.what);
  for (const Mark& ending : endings)
    if (path.ends_with(ending.text)) return std::string(ending.what);
  return std::nullopt;
}

std::string other_models_in(const std::string& folder) {
  for (const Mark& file : files)
    if (is_file(fs::path(folder) / file.text))
      return "; its " + std::string(file.text) + " is " + std::string(file.what);
  return "";
}

void refuse_adapter(const std::string& folder) {
  const fs::path path = fs::path(folder) / "adapter_config.json";
  if (!is_file(path)) return;
  const Config config = Config::read(FileBytes::open(path.string()));
  std::string base;
  if (config.is_text("base_model_name_or_path")) base = *config.text("base_model_name_or_path");
  throw data_error(folder, "is an adapter (adapter_config.json) of " +
                               (base.empty() ? std::string("another model") : "'" + printable(base) + "'") +
                               ": its weights change that model's; merge_and_unload of peft, then save_pretrained, "
                               "write the changed model, which attn reads");
}

std::optional<std::string> method_of_names(const std::vector<std::string>& names) {
  const auto has = [&names](std::string_view end) {
    return std::any_of(names.begin(), names.end(), [end](const std::string& name) { return name.ends_with(end); });
  };
  for (const Method& method : methods)
    if (has(method.ends[0]) && has(method.ends[1])) return std::string(method.what);
  return std::nullopt;
}

}  // namespace attn::io
