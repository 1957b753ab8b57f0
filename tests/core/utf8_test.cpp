// UTF-8: what is valid, and how wide it is.
#include "core/utf8.hpp"

#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("valid UTF-8 of every length is accepted") {
  for (const std::string text : {"", "a", "aé€😀", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(find_invalid_utf8(text) == std::string_view::npos);
}

TEST_CASE("overlong forms, surrogates, cut sequences and stray bytes are found where they stand") {
  for (const std::string bad : {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x80\xaf", "\xe0\x9f\xbf",
                                "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                                "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xc3("})
    // Before, across and after the eight bytes that are looked at together.
    for (const std::size_t before : {0U, 1U, 6U, 7U, 8U, 9U, 23U}) {
      CHECK(find_invalid_utf8(std::string(before, 'a') + bad) == before);
      CHECK(find_invalid_utf8(std::string(before, 'a') + bad + std::string(20, 'b')) == before);
    }
}

TEST_CASE("every code point survives the way there and back") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text;
    append_utf8(text, c);
    REQUIRE(find_invalid_utf8(text) == std::string_view::npos);
    REQUIRE(decode_utf8(text) == std::vector<char32_t>{c});
  }
}

TEST_CASE("each invalid byte decodes to the replacement character") {
  CHECK(decode_utf8("a\xff\xe2\x82z") == std::vector<char32_t>{U'a', 0xFFFD, 0xFFFD, 0xFFFD, U'z'});
}

TEST_CASE("width counts columns of a terminal") {
  CHECK(display_width("") == 0);
  CHECK(display_width("token") == 5);
  CHECK(display_width("naïve") == 5);
  CHECK(display_width("e\u0301") == 1);  // combining
  CHECK(display_width("猫") == 2);
  CHECK(display_width("\u1716") == 1);      // not assigned
  CHECK(display_width("\U0002FA20") == 2);  // nor this, but reserved for an ideograph
  CHECK(display_width("😀") == 2);
  CHECK(display_width("\u200b") == 0);
  CHECK(display_width("ﾊﾝ") == 2);  // halfwidth katakana
  CHECK(display_width("⚡✅") == 4);
  CHECK(display_width("☀") == 1);
  CHECK(display_width("☀\ufe0f") == 2);  // as an emoji
  CHECK(display_width("👩\u200d👩\u200d👧") == 2);
  CHECK(display_width("👍🏽") == 2);
  CHECK(display_width("🇩🇪🇫🇷") == 4);
  CHECK(display_width("\u1112\u1161\u11ab") == 2);  // Hangul, letter by letter
}

TEST_CASE("text is cut or padded to a width") {
  CHECK(fit_width("cat", 5) == "cat  ");
  CHECK(fit_width("cat", 3) == "cat");
  CHECK(fit_width("tokens", 4) == "tok…");
  CHECK(fit_width("tokens", 1) == "…");
  CHECK(fit_width("tokens", 0).empty());
  CHECK(fit_width("猫犬", 3) == "猫…");
  CHECK(fit_width("猫犬鳥", 4) == "猫… ");  // a wide character does not fit in half
  for (std::size_t columns = 0; columns < 12; ++columns)
    CHECK(display_width(fit_width("a猫e\u0301😀z", columns)) == columns);
  CHECK(right_aligned("cat", 5) == "  cat");
  CHECK(right_aligned("tokens", 4) == "tok…");
  for (std::size_t columns = 0; columns < 12; ++columns)
    CHECK(display_width(right_aligned("a猫e\u0301😀z", columns)) == columns);
}

TEST_CASE("control characters become visible, the rest stays") {
  CHECK(printable("a\tb\n\x1b[31m\x7f") == "a␉b␊␛[31m␡");
  CHECK(printable("é 猫") == "é 猫");
  CHECK(printable("\xc2\x9b") == "\uFFFD");  // the eight-bit CSI
  CHECK(printable(std::string(1, '\0')) == "␀");
  CHECK(printable("\xff") == "\uFFFD");
}

}  // namespace attn::test
