// What a font says of itself, by which another program finds it.
#pragma once

#include <string>
#include <string_view>

namespace attn {

/// A face of a family, in the terms of CSS (https://www.w3.org/TR/css-fonts-4/).
struct FontName {
  std::string family;        ///< UTF-8; empty if the font does not say
  int weight = 400;          ///< 1 to 1000; 400 is regular, 700 bold
  std::string_view style;    ///< italic; empty for upright
  std::string_view stretch;  ///< condensed, expanded …; empty for normal
};

/// From the bytes of a TrueType or OpenType font (tables `name` and `OS/2`), or of a collection's first. What is not
/// there, or lies past the end of the bytes, is as above.
FontName read_font_name(std::string_view bytes);

}  // namespace attn
