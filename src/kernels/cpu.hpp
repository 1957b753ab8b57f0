// What this CPU runs, and its operating system with it: one question for each set of kernels.
#pragma once

namespace attn {

bool cpu_runs_sse4();
bool cpu_runs_avx2();
bool cpu_runs_avx512();
bool cpu_runs_neon();
/// The instruction of AVX-512 that multiplies pairs of bfloat16 and adds them to a float (VDPBF16PS), and AVX-512.
bool cpu_runs_bf16_dot();
/// The tile unit of AMX with products of bfloat16 (TDPBF16PS), and what bf16_dot has. Asks Linux for leave to use it,
/// for all threads of this process: the system then keeps room for the tiles of each.
bool cpu_runs_amx();

/// True if that instruction does more than multiply-adds of floats here. AMD's cores (from Zen 4 on) issue as many of
/// either; Intel's since Sapphire Rapids start one in two cycles, where they start four multiply-adds of floats, so
/// that floats are twice as fast.
bool bf16_dot_is_fast();

}  // namespace attn
