/**
 * The program of the pause image, as a static ELF file of a few hundred bytes. It holds a Pod's namespaces, takes in orphans where
 * it is the Pod's PID 1, and ends on SIGTERM or SIGINT:
 *
 *     rt_sigprocmask(SIG_BLOCK, {SIGINT, SIGTERM}, NULL, 8)
 *     rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8)          the kernel reaps children of a process that ignores SIGCHLD
 *     while (rt_sigtimedwait({SIGINT, SIGTERM}, NULL, NULL, 8) < 0);
 *     exit(0)
 *
 * The two signals are blocked and waited for because PID 1 of a namespace never gets one that it has no handler for, while a blocked one is kept.
 */
export type Architecture = "amd64" | "arm64";

/** Address the file is loaded to, whole; page size of either architecture divides it. */
const BASE = 0x400000;
const HEADERS = 64 + 56;
/** Two words of data before the code: the signal set (bit n-1 for signal n) and a kernel sigaction of handler, flags, restorer and mask. */
const SET_AT = HEADERS;
const ACTION_AT = SET_AT + 8;
const CODE_AT = ACTION_AT + 32;
const SIGNALS = 1 << (2 - 1) | 1 << (15 - 1);
const SIGCHLD = 17;
const SIG_IGN = 1;

/** ELF's numbers for the architectures (e_machine), and their code. */
const TARGETS: Readonly<Record<Architecture, { readonly machine: number; readonly code: () => Uint8Array }>> = {
  amd64: { machine: 62, code: amd64 },
  arm64: { machine: 183, code: arm64 },
};

export function pauseProgram(architecture: Architecture): Uint8Array {
  const { machine, code } = TARGETS[architecture];
  const instructions = code();
  const size = CODE_AT + instructions.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);

  // ELF header: 64 bits, little-endian, version 1; an executable with one program header and no sections.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  u16(16, 2);
  u16(18, machine);
  u32(20, 1);
  u64(24, BASE + CODE_AT);
  u64(32, 64);
  u16(52, 64);
  u16(54, 56);
  u16(56, 1);

  // Program header: load the whole file, readable and executable.
  u32(64, 1);
  u32(68, 4 | 1);
  u64(80, BASE);
  u64(88, BASE);
  u64(96, size);
  u64(104, size);
  u64(112, 0x10000);

  u64(SET_AT, SIGNALS);
  u64(ACTION_AT, SIG_IGN);
  file.set(instructions, CODE_AT);
  return file;
}

function amd64(): Uint8Array {
  const code: number[] = [];
  const emit = (...bytes: number[]) => void code.push(...bytes);
  const u32 = (value: number) => [value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24 & 0xff];
  /** Relative to the end of the instruction, of which the four bytes are the last. */
  const relative = (target: number) => u32(target - (CODE_AT + code.length + 3 + 4));

  emit(0xb8, ...u32(14)); //                 mov eax, SYS_rt_sigprocmask
  emit(0x31, 0xff); //                       xor edi, edi          ; SIG_BLOCK
  emit(0x48, 0x8d, 0x35, ...relative(SET_AT)); // lea rsi, [rip + set]
  emit(0x31, 0xd2); //                       xor edx, edx
  emit(0x41, 0xba, ...u32(8)); //            mov r10d, 8           ; stays: a system call changes rax, rcx and r11 only
  emit(0x0f, 0x05); //                       syscall

  emit(0xb8, ...u32(13)); //                 mov eax, SYS_rt_sigaction
  emit(0xbf, ...u32(SIGCHLD)); //            mov edi, SIGCHLD
  emit(0x48, 0x8d, 0x35, ...relative(ACTION_AT)); // lea rsi, [rip + action]
  emit(0x0f, 0x05); //                       syscall

  const wait = code.length;
  emit(0xb8, ...u32(128)); //          wait: mov eax, SYS_rt_sigtimedwait
  emit(0x48, 0x8d, 0x3d, ...relative(SET_AT)); // lea rdi, [rip + set]
  emit(0x31, 0xf6); //                       xor esi, esi
  emit(0x0f, 0x05); //                       syscall
  emit(0x85, 0xc0); //                       test eax, eax
  emit(0x78, wait - (code.length + 2) & 0xff); // js wait

  emit(0xb8, ...u32(60)); //                 mov eax, SYS_exit
  emit(0x31, 0xff); //                       xor edi, edi
  emit(0x0f, 0x05); //                       syscall
  return Uint8Array.from(code);
}

function arm64(): Uint8Array {
  const code: number[] = [];
  const emit = (...words: number[]) => void code.push(...words);
  const here = () => CODE_AT + code.length * 4;
  const mov = (register: number, value: number) => 0xd2800000 | value << 5 | register;
  /** Address of a place in the file, as the distance from this instruction: its lowest two bits stand apart. */
  const adr = (register: number, target: number) => {
    const distance = target - here();
    return 0x10000000 | (distance & 3) << 29 | (distance >> 2 & 0x7ffff) << 5 | register;
  };
  const svc = 0xd4000001;

  emit(mov(0, 0)); //          mov x0, #0             ; SIG_BLOCK
  emit(adr(1, SET_AT)); //     adr x1, set
  emit(mov(2, 0)); //          mov x2, #0
  emit(mov(3, 8)); //          mov x3, #8             ; stays: a system call changes x0 only
  emit(mov(8, 135)); //        mov x8, #SYS_rt_sigprocmask
  emit(svc); //                svc #0

  emit(mov(0, SIGCHLD)); //    mov x0, #SIGCHLD
  emit(adr(1, ACTION_AT)); //  adr x1, action
  emit(mov(8, 134)); //        mov x8, #SYS_rt_sigaction
  emit(svc); //                svc #0

  const wait = here();
  emit(adr(0, SET_AT)); //     wait: adr x0, set
  emit(mov(1, 0)); //          mov x1, #0
  emit(mov(8, 137)); //        mov x8, #SYS_rt_sigtimedwait
  emit(svc); //                svc #0
  emit(0x37f80000 | (wait - here() >> 2 & 0x3fff) << 5); // tbnz w0, #31, wait

  emit(mov(0, 0)); //          mov x0, #0
  emit(mov(8, 93)); //         mov x8, #SYS_exit
  emit(svc); //                svc #0
  const bytes = new Uint8Array(code.length * 4);
  const view = new DataView(bytes.buffer);
  code.forEach((word, i) => view.setUint32(i * 4, word >>> 0, true));
  return bytes;
}
