// The scripts are files beside this one; embed.cmake makes an object of them.
#include "cli/completion/scripts.hpp"

#include <array>

extern "C" {
extern const char attn_completion_bash[], attn_completion_bash_end[];
extern const char attn_completion_zsh[], attn_completion_zsh_end[];
extern const char attn_completion_fish[], attn_completion_fish_end[];
}

namespace attn::cli {
namespace {

struct Script {
  std::string_view shell;
  const char *begin, *end;
};
constexpr std::array scripts{Script{"bash", attn_completion_bash, attn_completion_bash_end},
                             Script{"zsh", attn_completion_zsh, attn_completion_zsh_end},
                             Script{"fish", attn_completion_fish, attn_completion_fish_end}};

}  // namespace

std::vector<std::string> completed_shells() {
  std::vector<std::string> names;
  for (const Script& script : scripts) names.emplace_back(script.shell);
  return names;
}

std::string_view completion_script(std::string_view shell) {
  for (const Script& script : scripts)
    if (script.shell == shell) return {script.begin, static_cast<std::size_t>(script.end - script.begin)};
  return {};
}

}  // namespace attn::cli
