// The executable.
#include "cli/run.hpp"

int main(int argc, char** argv) { return attn::cli::run_process(argc, argv); }
