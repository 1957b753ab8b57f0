// Input and output: bytes to documents and back. All headers of the file system and of file formats.
#pragma once

#include "attn/archive.hpp"
#include "attn/array_writers.hpp"
#include "attn/file_bytes.hpp"
#include "attn/formats.hpp"
#include "attn/json_writer.hpp"
#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/read_options.hpp"
#include "attn/result_json.hpp"
#include "attn/sink.hpp"
#include "attn/write.hpp"
