// How --help looks.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace attn::cli {

/// A line of two columns, the second wrapped.
std::string help_entry(const std::string& left, const std::string& right);

/// Options in two columns, by group; text is wrapped at 96 columns as a terminal counts them.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace attn::cli
