// A page of a picture that has nothing to choose, such as a chart: its SVG.
#include "render/html/template.hpp"
#include "render/picture_formats.hpp"
#include "render/scene.hpp"
#include "render/xml.hpp"

namespace attn {

std::string encode_html(const Scene& scene, const Font& font) {
  const std::string svg = encode_svg(scene, font);
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += page_head();
  page += "<title>" + xml_text(scene.title) + "</title>\n<style>\nhtml { background: " + css_color(scene.background) +
          "; }\nbody { margin: 0; text-align: center; }\nsvg { max-width: 100%; height: auto; }\n</style>\n" +
          "</head>\n<body>\n";
  page += svg.substr(svg.find("<svg"));  // an XML declaration is none of HTML
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace attn
