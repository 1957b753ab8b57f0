// How --help looks.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
}

namespace attn::cli {

/// A line of two columns, the second wrapped.
std::string help_entry(const std::string& left, const std::string& right);

/// Options in two columns, by group; text is wrapped at 96 columns as a terminal counts them.
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace attn::cli
