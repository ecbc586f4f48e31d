# A sign may begin what `match` looks at.
<<<
            | TI(T.OP, string="(" | "*" | "[" | "{" | "~" | "...")
===
            | TI(T.OP, string="(" | "*" | "[" | "{" | "~" | "+" | "-" | "...")
>>>
