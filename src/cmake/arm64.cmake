# A toolchain file: builds for 64-bit ARM on another machine, with Debian's cross-compiler. Libraries for ARM lie in
# ATTN_ARM64_ROOT, where tests/arm.sh unpacks them; what is built runs there, or in QEMU with that folder as its root.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${ATTN_ARM64_ROOT})
# Libraries are found by name when attn is linked, as libattn gives them (src/CMakeLists.txt), and so are those that
# they need; libstdc++ is within, as in attn itself.
set(arm64_libraries ${ATTN_ARM64_ROOT}/usr/lib/aarch64-linux-gnu)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static-libstdc++ -static-libgcc -L${arm64_libraries}")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,-rpath-link=${arm64_libraries}:${ATTN_ARM64_ROOT}/lib/aarch64-linux-gnu")
# Headers are the same for all machines, and the host's, but for libjpeg's jconfig.h; libraries are not.
set(CMAKE_CXX_FLAGS_INIT "-isystem ${ATTN_ARM64_ROOT}/usr/include/aarch64-linux-gnu")
set(CMAKE_FIND_ROOT_PATH "${ATTN_ARM64_ROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE NEVER)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ATTN_ARM64_ROOT)
