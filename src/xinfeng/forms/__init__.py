"""Collection with consent (feature A5): forms in versions, submissions, incentives, confirmation by SMS code.

A submission that counts writes consent with the notice's version and evidence, stamps the source and pays the
incentive exactly once; stock never goes below zero, and nobody wins oftener than the form allows. The database
keeps both promises by constraints; the actions only decide what to try.

Where things are: `design` (what a form is, as data), `answers` (what may be written into it), `codes` and `guards`
(rules against guessing and flooding), `draws` (odds): all pure. `rendering` writes the page the public sees.
`drafts` publishes, `submissions` takes in, `completion` writes what a submission amounts to, `incentives` pays,
`lapsing` tidies up behind codes nobody entered.
"""
