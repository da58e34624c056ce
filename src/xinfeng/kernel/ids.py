"""Ids that must not be mixed up."""

from typing import NewType

ContactId = NewType("ContactId", int)
CampaignId = NewType("CampaignId", int)
PlanId = NewType("PlanId", int)
ChunkId = NewType("ChunkId", int)
MessageId = NewType("MessageId", int)
ChannelId = NewType("ChannelId", int)
SegmentId = NewType("SegmentId", int)
LedgerSeq = NewType("LedgerSeq", int)
UserId = NewType("UserId", int)

PhoneIndex = NewType("PhoneIndex", bytes)
"""Keyed hash of a phone number, 16 bytes: finds a sealed number again without opening it."""
