"""Promise P1: "unique username/password", plus "a randomly-generated security code to their registered mobile device".

                 right password            code sent                right code
    (nobody) ──────────────────▶ open ───────────────▶ open, code ─────────────▶ complete ──▶ session
                                   │ expiry; restriction of its own lane; suspension, freeze, unlock, password change
                                   └──────────────────▶ dead: `send` answers as ever and sends nothing, every code is wrong

A login, a step-up and an activation are each a ceremony (R4): a code is bound to it, to its purpose and to the text of the action.
"""
