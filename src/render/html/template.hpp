// The page's own text: style, frame and script, as src/cmake/embed.cmake puts their files together.
#pragma once

#include <string_view>

extern "C" {
extern const char attn_page_head[], attn_page_head_end[];
extern const char attn_page_style[], attn_page_style_end[];
extern const char attn_page_body[], attn_page_body_end[];
extern const char attn_page_script[], attn_page_script_end[];
}

namespace attn {

inline std::string_view page_head() { return {attn_page_head, attn_page_head_end}; }
inline std::string_view page_style() { return {attn_page_style, attn_page_style_end}; }
inline std::string_view page_body() { return {attn_page_body, attn_page_body_end}; }
inline std::string_view page_script() { return {attn_page_script, attn_page_script_end}; }

}  // namespace attn
