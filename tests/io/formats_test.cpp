// The table of formats: by extension, by name, by first bytes; single tensors by path.
#include "core/utf8.hpp"
#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("a format is known by its extension, whatever its case") {
  CHECK(format_of_path("a/b.JSON")->name == "json");
  CHECK(format_of_path("x.model.safetensors")->name == "safetensors");
  CHECK(format_of_path("x.jsonl")->name == "jsonl");
  CHECK(format_of_path("a.npy/x") == nullptr);
  CHECK(format_of_path("npy") == nullptr);
  CHECK(format_of_name("tsv")->extension == ".tsv");
  CHECK(format_of_name("png") == nullptr);
  CHECK(formats().size() == 7);
}

TEST_CASE("a stream's format is told by its first bytes") {
  const auto kind = [](const std::string& bytes) {
    return std::string(format_of_bytes(FileBytes::of(bytes, "standard input")).name);
  };
  CHECK(kind(" \n{\"a\":1}\n") == "json");
  CHECK(kind("[[1,2]]") == "json");
  CHECK(kind("{\n\"a\": {}\n}") == "json");
  CHECK(kind("{\"a\":1}\n\n {\"b\":2}\n") == "jsonl");
  CHECK(kind("1,2\n") == "csv");
  CHECK(kind("1\t2\n") == "tsv");
  CHECK(kind("\ta,b\n") == "csv");
  CHECK(kind("PK\3\4xx") == "npz");
  CHECK(kind(slurp(data_path("le_f4.npy"))) == "npy");
  CHECK(kind(slurp(data_path("input.safetensors"))) == "safetensors");
  // A length of 123 looks like a brace.
  CHECK(kind(std::string("\x7B\0\0\0\0\0\0\0{", 9) + std::string(122, ' ')) == "safetensors");
  CHECK(error_of([&] { kind(" \n"); }) ==
        "standard input: is empty; JSON, JSON Lines, CSV, TSV, NPY, NPZ or safetensors is expected");
}

TEST_CASE("JSON behind a byte order mark is told by its first bytes, and refused as JSON") {
  const auto kind = [](const std::string& bytes) {
    return std::string(format_of_bytes(FileBytes::of(bytes, "standard input")).name);
  };
  const std::string mark(byte_order_mark);
  CHECK(kind(mark + "[[1,2]]") == "json");
  CHECK(kind(mark + " {\"a\":1}") == "json");
  CHECK(kind(mark + "{\"a\":1}\n{\"a\":2}\n") == "jsonl");
  CHECK(kind(mark + "1,2\n") == "csv");
  CHECK(json_error(mark + "[[1,2]]") ==
        "in.json:1:1: begins with a byte order mark, which JSON must not have (RFC 8259, section 8.1)");
  CHECK(error_of([&] { read_labels(FileBytes::of(mark + "[\"a\"]", "t")); }) ==
        "t:1:1: begins with a byte order mark, which JSON must not have (RFC 8259, section 8.1)");
}

TEST_CASE("text of two or four bytes a letter is refused by its encoding") {
  struct Encoding {
    const char* name;
    std::string mark, before, after;  // around each letter of ASCII
  };
  const std::string zero(1, '\0'), zeros(3, '\0');
  const Encoding encodings[] = {{"UTF-16", "\xFF\xFE", "", zero},
                                {"UTF-16", "\xFE\xFF", zero, ""},
                                {"UTF-16LE", "", "", zero},
                                {"UTF-16BE", "", zero, ""},
                                {"UTF-32", "\xFF\xFE" + zeros.substr(1), "", zeros},
                                {"UTF-32", zeros.substr(1) + "\xFE\xFF", zeros, ""},
                                {"UTF-32LE", "", "", zeros},
                                {"UTF-32BE", "", zeros, ""}};
  for (const Encoding& encoding : encodings)
    for (const std::string text : {"[[1,2]]", "{\"query\":[[1]]}", "1,2\n", "1\t2\n"}) {
      std::string bytes = encoding.mark;
      for (const char letter : text) bytes += encoding.before + letter + encoding.after;
      const std::string name = encoding.name, what = "is " + name + ", and text is read as UTF-8; 'iconv -f " + name +
                                                     " -t UTF-8' converts it";
      CHECK(error_of([&] { format_of_bytes(FileBytes::of(bytes, "standard input")); }) == "standard input: " + what);
      for (const char* format : {"json", "csv", "tsv"})
        CHECK(error_of([&] { input_of(bytes, format); }) == "in." + std::string(format) + ": " + what);
      CHECK(error_of([&] { read_labels(FileBytes::of(bytes, "t")); }) == "t: " + what);
    }
  // A number that is no letter, such as the length of a header that is cut off.
  CHECK(format_of_bytes(FileBytes::of(std::string("\x50\0\0\0\0\0\0\0{", 9), "standard input")).name == "csv");
  // A safetensors header of 65279 bytes begins with what is a mark in text.
  std::string tensors("\xFF\xFE\0\0\0\0\0\0{", 9);
  tensors.resize(8 + 65279, ' ');
  CHECK(format_of_bytes(FileBytes::of(tensors, "standard input")).name == "safetensors");
}

TEST_CASE("a single tensor is read from a file, or from a member of one") {
  const TemporaryFolder folder;
  const auto tensor = [](const std::string& path, TensorKind kind = TensorKind::number) {
    return read_tensor(path, kind, {});
  };
  CHECK(tensor(data_path("input.npz") + ":key").shape() == Shape{2, 3, 4});
  CHECK(tensor(data_path("input.safetensors") + ":q_proj.weight").shape() == Shape{4, 4});
  CHECK(tensor(data_path("input.npz"), TensorKind::mask).dtype() == DType::u8);
  spit(folder / "a.json", "[[1, 2]]");
  CHECK(tensor(folder / "a.json").shape() == Shape{1, 2});
  spit(folder / "d.json", R"({"expression":"all","bias":[[0,null]],"mask":[[1,0]],"query":[1]})");
  CHECK(tensor((folder / "d.json") + ":query").shape() == Shape{1});
  CHECK(tensor(folder / "d.json", TensorKind::mask).values<std::uint8_t>()[1] == 0);
  CHECK(tensor(folder / "d.json", TensorKind::bias).values<float>()[1] < -1e38F);
  spit(folder / "no_extension", "[[1, 2, 3]]");
  CHECK(tensor(folder / "no_extension").shape() == Shape{1, 3});
  spit(folder / "odd.npy:x.json", "[7]");
  CHECK(tensor(folder / "odd.npy:x.json").values<float>()[0] == 7);
}

TEST_CASE("a single tensor that cannot be found says what would be right") {
  const TemporaryFolder folder;
  const auto error = [](const std::string& path) {
    return error_of([&] { read_tensor(path, TensorKind::number, {}); });
  };
  const std::string npz = data_path("input.npz");
  CHECK(error(npz + ":kee").starts_with(npz + ": holds no tensor 'kee'; did you mean 'key'?; it holds query, key, "));
  CHECK(error(npz) == npz + ": holds 10 arrays; name one, as in " + npz + ":query");
  CHECK(error(data_path("le_f4.npy") + ":x") ==
        data_path("le_f4.npy") + ":x: names a tensor in a file that holds one without a name; leave ':x' out");
  spit(folder / "d.json", R"({"query":[1]})");
  CHECK(error(folder / "d.json") ==
        (folder / "d.json") + ": is an object; name the member to take, as in " + (folder / "d.json") + ":query");
  spit(folder / "a.bin", "x");
  CHECK(error(folder / "a.bin").starts_with((folder / "a.bin") + ":1:1: 'x' is not a number"));
  spit(folder / "empty", " \n");
  CHECK(error(folder / "empty") ==
        (folder / "empty") + ": is empty; JSON, JSON Lines, CSV, TSV, NPY, NPZ or safetensors is expected");
  spit(folder / "s.txt", "1.0 2.0\n");
  CHECK(error(folder / "s.txt") == (folder / "s.txt") +
                                       ":1:1: '1.0 2.0' is not a number; fields are separated by ',', as "
                                       R"(numpy.savetxt("x.csv", x, delimiter=",") writes them)");
  CHECK(error(folder / "no.npy") == (folder / "no.npy") + ": cannot be read: No such file or directory");
}

TEST_CASE("results and tensors go to the formats that can hold them") {
  StringSink sink;
  const Tensor tensor = Tensor::zeros(DType::f32, {1, 1});
  CHECK(error_of([&] { write_result({}, *format_of_name("csv"), sink); }) ==
        ": csv holds one tensor, not a whole result");
  CHECK(error_of([&] { write_tensor(rows_of(tensor), {}, *format_of_name("npz"), sink); }) ==
        ": npz holds a whole result, not one tensor");
  write_tensor(rows_of(tensor), {{"a"}, {"b"}}, *format_of_name("tsv"), sink);
  CHECK(sink.text == "\tb\na\t0\n");
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    // Each can be written: a result, or one tensor.
    StringSink written;
    if (format.holds_documents()) {
      write_result({}, format, written);
    } else {
      write_tensor(rows_of(tensor), {}, format, written);
    }
    CHECK_FALSE(written.text.empty());
    const std::string name(format.name);
    CHECK(format.holds_documents() == (name != "csv" && name != "tsv" && name != "npy"));
    CHECK((format.kind == FormatKind::lines) == (name == "jsonl"));
    CHECK(format.is_text == (name != "npy" && name != "npz" && name != "safetensors"));
    CHECK(format.is_archive == (name == "npz" || name == "safetensors"));
    CHECK(format.is_json == name.starts_with("json"));
    CHECK(format.null_is_nan == name.starts_with("json"));
    CHECK(format.separator == (name == "csv" ? ',' : name == "tsv" ? '\t' : '\0'));
  }
}

TEST_CASE("a tensor made row by row is written as one that is there") {
  const std::vector<float> numbers{0, 1, 2, 3, 4, 5};
  const auto bytes_of = [](TensorRows rows, const char* format, bool whole) {
    if (!whole) rows.whole = nullptr;
    StringSink sink;
    write_tensor(rows, {}, *format_of_name(format), sink);
    return sink.text;
  };
  for (const Shape& shape : {Shape{6}, Shape{2, 3}, Shape{3, 1, 2}})
    for (const char* format : {"npy", "csv"}) {
      const Tensor tensor = Tensor::of<float>(shape, numbers);
      CHECK(bytes_of(rows_of(tensor), format, false) == bytes_of(rows_of(tensor), format, true));
    }
}

TEST_CASE("labels are lines, or a JSON list of strings") {
  const auto labels = [](const std::string& text) { return read_labels(FileBytes::of(text, "t.txt")); };
  CHECK(labels("The\r\n\nsät\n") == std::vector<std::string>{"The", "", "sät"});
  CHECK(labels("[CLS]\nthe\n") == std::vector<std::string>{"[CLS]", "the"});
  CHECK(labels(" [\"a\", \"b\"]\n") == std::vector<std::string>{"a", "b"});
  CHECK(labels("[]").empty());
  CHECK(error_of([&] { labels(""); }) == "t.txt: is empty; one label a line is expected");
  CHECK(error_of([&] { labels("a\n\xFF\n"); }) == "t.txt:2: is not valid UTF-8");
  CHECK(error_of([&] { labels("[\"a\", 1]"); }) == "t.txt#/1: a number where a string is expected");
}
