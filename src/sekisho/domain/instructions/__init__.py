"""Promise P7: a withdrawal, bank change or order is judged before it is executed, and the customer is asked (R13, J02, J03, J08, J16).

               allow                        claimed once, same hash, in time
    judged ───────────▶ allowed ──────────────────────────────────────────────▶ executing
       │ challenge                ▲ Yes, by a proof made for it
       ├────────▶ challenged ─────┘
       │ hold          │ No, with one factor            time over, or freeze
       ├────────▶ held ┼──────────▶ disputed            allowed, challenged, held ──▶ expired · cancelled
       └ refuse ─▶ refused

A verdict covers the hash of the instruction. "No" wins over "Yes", freeze over everything; nothing releases what is held but people (later:
the desk).
"""

from sekisho.domain.instructions.instruction import Instruction, InstructionKind, InstructionState

__all__ = ["Instruction", "InstructionKind", "InstructionState"]
