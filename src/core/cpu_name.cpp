// Reads /proc/cpuinfo, which says it in other words on each architecture.
#include "core/cpu_name.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace attn {
namespace {

// ARM's cores by the two numbers of their identification register (MIDR_EL1): who made them, and the part.
struct Core {
  std::uint32_t implementer, part;
  const char* name;
};
constexpr std::uint32_t arm = 0x41, hisilicon = 0x48, nvidia = 0x4e, qualcomm = 0x51, fujitsu = 0x46, cavium = 0x43,
                        ampere = 0xc0;
constexpr Core cores[] = {
    {arm, 0xd03, "Cortex-A53"},  {arm, 0xd04, "Cortex-A35"},        {arm, 0xd05, "Cortex-A55"},
    {arm, 0xd07, "Cortex-A57"},  {arm, 0xd08, "Cortex-A72"},        {arm, 0xd09, "Cortex-A73"},
    {arm, 0xd0a, "Cortex-A75"},  {arm, 0xd0b, "Cortex-A76"},        {arm, 0xd0c, "Neoverse N1"},
    {arm, 0xd0d, "Cortex-A77"},  {arm, 0xd40, "Neoverse V1"},       {arm, 0xd41, "Cortex-A78"},
    {arm, 0xd44, "Cortex-X1"},   {arm, 0xd46, "Cortex-A510"},       {arm, 0xd47, "Cortex-A710"},
    {arm, 0xd48, "Cortex-X2"},   {arm, 0xd49, "Neoverse N2"},       {arm, 0xd4a, "Neoverse E1"},
    {arm, 0xd4d, "Cortex-A715"}, {arm, 0xd4e, "Cortex-X3"},         {arm, 0xd4f, "Neoverse V2"},
    {arm, 0xd80, "Cortex-A520"}, {arm, 0xd81, "Cortex-A720"},       {arm, 0xd82, "Cortex-X4"},
    {arm, 0xd84, "Neoverse V3"}, {arm, 0xd8e, "Neoverse N3"},       {cavium, 0x0af, "ThunderX2"},
    {fujitsu, 0x001, "A64FX"},   {hisilicon, 0xd01, "Kunpeng 920"}, {nvidia, 0x004, "Carmel"},
    {qualcomm, 0x001, "Oryon"},  {ampere, 0xac3, "AmpereOne"},
};

std::uint32_t hexadecimal(std::string_view text) {
  std::uint32_t number = 0;
  if (text.starts_with("0x")) std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  return number;
}

std::string core_name(const std::string& implementer, const std::string& part) {
  for (const Core& core : cores)
    if (core.implementer == hexadecimal(implementer) && core.part == hexadecimal(part)) return core.name;
  return "ARM core " + part + " of implementer " + implementer;
}

}  // namespace

std::string cpu_name(const std::string& cpuinfo) {
  std::ifstream file(cpuinfo);
  std::vector<std::string> names;
  std::string implementer;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1), value = line.substr(colon + 2);
    if (key == "model name") return value;
    if (key == "CPU implementer") implementer = value;
    if (key != "CPU part") continue;
    const std::string name = core_name(implementer, value);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names.empty() ? "unknown" : listed(names);
}

}  // namespace attn
