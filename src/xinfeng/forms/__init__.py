"""Collection with consent (feature A5): forms in versions, submissions, incentives, confirmation by SMS code.

A submission that counts writes consent with the notice's version and evidence, stamps the source and pays the
incentive exactly once; stock never goes below zero, and nobody wins twice where once is the limit.
"""
