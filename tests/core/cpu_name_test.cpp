// The CPU's name, of files as x86 and ARM have them.
#include "core/cpu_name.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

using namespace attn;

namespace {

std::string name_in(const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / ("attn-cpuinfo-" + std::to_string(getpid()));
  std::ofstream(path) << text;
  std::string name = cpu_name(path.string());
  std::filesystem::remove(path);
  return name;
}

std::string arm_core(const std::string& implementer, const std::string& part) {
  return "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm\nCPU implementer\t: " + implementer +
         "\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: " + part + "\nCPU revision\t: 1\n\n";
}

}  // namespace

TEST_CASE("x86 has its name in the file") {
  CHECK(name_in("processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\n"
                "model name\t: AMD EPYC 9B14\nflags\t\t: fpu\n") == "AMD EPYC 9B14");
}

TEST_CASE("ARM's cores are named by their numbers, each kind once") {
  CHECK(name_in(arm_core("0x41", "0xd0c") + arm_core("0x41", "0xd0c")) == "Neoverse N1");
  CHECK(name_in(arm_core("0x41", "0xd03") + arm_core("0x41", "0xd08") + arm_core("0x41", "0xd08")) ==
        "Cortex-A53 and Cortex-A72");
  CHECK(name_in(arm_core("0xc0", "0xac3")) == "AmpereOne");
  // The same part of another maker is another core.
  CHECK(name_in(arm_core("0x61", "0xd0c")) == "ARM core 0xd0c of implementer 0x61");
}

TEST_CASE("a CPU that nothing tells of has a name all the same") {
  CHECK(name_in("") == "unknown");
  CHECK(name_in("a line\n: \n:\n") == "unknown");
  CHECK(cpu_name("/no/such/file") == "unknown");
  CHECK_FALSE(cpu_name().empty());
}
