"""Campaigns: one decision to write to an audience — preflight, approval, schedule, plan, control, explain.

Owns: campaign, campaign_step, allocation. Always holds: author and approver differ unless the deployment has one user;
what was approved is what is sent (`approved_digest`), a change voids it.
"""
