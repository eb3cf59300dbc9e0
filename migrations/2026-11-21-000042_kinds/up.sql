ALTER TABLE contest ADD COLUMN kind text NOT NULL DEFAULT 'competition'
    CONSTRAINT contest_kind_known CHECK (kind IN ('competition', 'room', 'demo'));
COMMENT ON COLUMN contest.kind IS 'What it is played for: all kinds share rules, ledger, events and board.';

ALTER TABLE member ADD COLUMN user_id uuid CONSTRAINT member_user REFERENCES account;
CREATE UNIQUE INDEX already_playing ON member (user_id, contest_id) WHERE user_id IS NOT NULL;
COMMENT ON COLUMN member.user_id IS 'The account that plays by this seat, if one does.';
COMMENT ON INDEX already_playing IS 'T1: an account plays in one team of a contest.';
