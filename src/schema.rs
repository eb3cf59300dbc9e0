// @generated automatically by Diesel CLI.

diesel::table! {
    account (id) {
        id -> Uuid,
        name -> Text,
        name_key -> Text,
        name_skeleton -> Text,
        email -> Text,
        password_hash -> Text,
        role -> Text,
        state -> Text,
        epoch -> Int4,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    acknowledgement (contest_id, number, team_id) {
        contest_id -> Uuid,
        number -> Int4,
        team_id -> Uuid,
        by_member -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    announcement (contest_id, number) {
        contest_id -> Uuid,
        number -> Int4,
        title -> Text,
        body -> Text,
        priority -> Text,
        must_acknowledge -> Bool,
        division -> Nullable<Text>,
        team_id -> Nullable<Uuid>,
        corrects -> Nullable<Int4>,
        made_by -> Text,
        made_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    answer_key (question_id, version) {
        question_id -> Uuid,
        version -> Int4,
        key -> Jsonb,
        explanation -> Text,
    }
}

diesel::table! {
    api_token (id) {
        id -> Uuid,
        account_id -> Uuid,
        label -> Text,
        token_hash -> Bytea,
        scope -> Text,
        epoch -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    assignment (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        team_id -> Uuid,
        question_id -> Uuid,
        version -> Int4,
        exclusive -> Bool,
        pool -> Text,
        points -> Int8,
        state -> Text,
        attempts -> Int2,
        max_attempts -> Int2,
        time_limit_ms -> Nullable<Int8>,
        assigned_at -> Timestamptz,
        revealed_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        resolved_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Int8,
        at -> Timestamptz,
        actor -> Text,
        token_id -> Nullable<Uuid>,
        action -> Text,
        contest_id -> Nullable<Uuid>,
        kind -> Text,
        target -> Nullable<Uuid>,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
        reason -> Nullable<Text>,
        request_id -> Text,
        account_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    box_opening (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        box_id -> Uuid,
        team_id -> Uuid,
        open_no -> Int2,
        max_opens -> Int2,
        price -> Int8,
        ledger_seq -> Int4,
        assignment_id -> Uuid,
        opened_at -> Timestamptz,
    }
}

diesel::table! {
    chat_message (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        team_id -> Uuid,
        body -> Nullable<Text>,
        deleted_by -> Nullable<Text>,
    }
}

diesel::table! {
    chat_mute (contest_id, team_id) {
        contest_id -> Uuid,
        team_id -> Uuid,
    }
}

diesel::table! {
    clarification (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        team_id -> Uuid,
        asked_by -> Text,
        question_id -> Nullable<Uuid>,
        text -> Text,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    clarification_answer (contest_id, clarification_id, answer_no) {
        contest_id -> Uuid,
        clarification_id -> Uuid,
        answer_no -> Int2,
        text -> Text,
        announcement -> Nullable<Int4>,
        answered_by -> Text,
        answered_at -> Timestamptz,
    }
}

diesel::table! {
    contest (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        description -> Text,
        state -> Text,
        version -> Int4,
        is_current -> Bool,
        starts_at -> Nullable<Timestamptz>,
        duration_ms -> Nullable<Int8>,
        paused_at -> Nullable<Timestamptz>,
        resumed_at -> Nullable<Timestamptz>,
        paused_ms -> Int8,
        ended_at -> Nullable<Timestamptz>,
        opening_points -> Int8,
        credit_limit -> Int8,
        wrong_penalty -> Int8,
        first_correct_bonus -> Int8,
        max_members -> Int2,
        max_open_assignments -> Int2,
        hold_ms -> Int8,
        registration_open -> Bool,
        created_at -> Timestamptz,
        board -> Text,
        freeze_before_end_ms -> Nullable<Int8>,
        frozen_at -> Nullable<Timestamptz>,
        thawed_at -> Nullable<Timestamptz>,
        kind -> Text,
        time_zone -> Text,
        game_id -> Nullable<Uuid>,
        takes_reports -> Bool,
    }
}

diesel::table! {
    contest_event (contest_id, seq) {
        contest_id -> Uuid,
        seq -> Int8,
        kind -> Text,
        audience -> Text,
        team_id -> Nullable<Uuid>,
        payload -> Jsonb,
        at -> Timestamptz,
        hash -> Bytea,
        embargo -> Nullable<Int8>,
    }
}

diesel::table! {
    contest_pause (contest_id, started_at) {
        contest_id -> Uuid,
        started_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    contest_question (contest_id, question_id) {
        contest_id -> Uuid,
        question_id -> Uuid,
        version -> Int4,
        difficulty -> Text,
        category -> Text,
        points -> Int8,
        exclusive -> Bool,
        pool -> Text,
        state -> Text,
        max_attempts -> Int2,
        time_limit_ms -> Nullable<Int8>,
        edit_version -> Int4,
    }
}

diesel::table! {
    contest_score (game_id, account_id, contest_id) {
        game_id -> Uuid,
        account_id -> Uuid,
        contest_id -> Uuid,
        score -> Int8,
    }
}

diesel::table! {
    credited_contest (contest_id) {
        contest_id -> Uuid,
        game_id -> Uuid,
        seq -> Int8,
    }
}

diesel::table! {
    division (contest_id, name) {
        contest_id -> Uuid,
        name -> Text,
        position -> Int2,
    }
}

diesel::table! {
    first_correct (contest_id, question_id, submission_id) {
        contest_id -> Uuid,
        question_id -> Uuid,
        submission_id -> Uuid,
        team_id -> Uuid,
        received_at -> Timestamptz,
        ledger_seq -> Int4,
        current -> Bool,
    }
}

diesel::table! {
    free_question (contest_id, question_id) {
        contest_id -> Uuid,
        question_id -> Uuid,
        pool -> Text,
        difficulty -> Text,
        category -> Text,
        position -> Float8,
    }
}

diesel::table! {
    frozen_standing (contest_id, team_id) {
        contest_id -> Uuid,
        team_id -> Uuid,
        points -> Int8,
        last_gain_ms -> Nullable<Int8>,
        wrong -> Int4,
        standing_no -> Int4,
        ledger_seq -> Int4,
    }
}

diesel::table! {
    game (id) {
        id -> Uuid,
        slug -> Text,
        title -> Text,
        self_reported -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        time_zone -> Text,
    }
}

diesel::table! {
    high_score (game_id, account_id) {
        game_id -> Uuid,
        account_id -> Uuid,
        score -> Nullable<Int8>,
        changed -> Int8,
    }
}

diesel::table! {
    idempotency (principal, key) {
        principal -> Text,
        key -> Text,
        request_hash -> Bytea,
        status -> Int2,
        reply -> Text,
        at -> Timestamptz,
        contest_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    judgement (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        submission_id -> Uuid,
        team_id -> Uuid,
        question_id -> Uuid,
        correct -> Bool,
        points -> Int8,
        contest_time_ms -> Int8,
        current -> Bool,
        at -> Timestamptz,
    }
}

diesel::table! {
    last_check (only_one) {
        only_one -> Bool,
        due_at -> Timestamptz,
        checked_at -> Nullable<Timestamptz>,
        took_ms -> Int8,
        contests -> Int4,
        breaches -> Jsonb,
        sound_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    ledger_entry (contest_id, team_id, seq) {
        contest_id -> Uuid,
        team_id -> Uuid,
        seq -> Int4,
        kind -> Text,
        #[sql_name = "ref"]
        ref_ -> Uuid,
        amount -> Int8,
        balance_after -> Int8,
        at -> Timestamptz,
        actor -> Nullable<Text>,
        reason -> Nullable<Text>,
        reverses -> Nullable<Int4>,
    }
}

diesel::table! {
    member (contest_id, team_id, id) {
        contest_id -> Uuid,
        team_id -> Uuid,
        id -> Uuid,
        name -> Text,
        captain -> Bool,
        token_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    mystery_box (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        difficulty -> Text,
        price -> Int8,
        reward -> Int8,
        max_opens -> Int2,
        enabled -> Bool,
        version -> Int4,
    }
}

diesel::table! {
    outbox (id) {
        id -> Int8,
        contest_id -> Uuid,
        kind -> Text,
        audience -> Text,
        team_id -> Nullable<Uuid>,
        payload -> Jsonb,
        at -> Timestamptz,
    }
}

diesel::table! {
    question (id) {
        id -> Uuid,
        external_id -> Nullable<Text>,
        current_version -> Int4,
        retired_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    question_version (question_id, version) {
        question_id -> Uuid,
        version -> Int4,
        kind -> Text,
        text -> Text,
        options -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    read_mark (contest_id, team_id, member_id) {
        contest_id -> Uuid,
        team_id -> Uuid,
        member_id -> Uuid,
        up_to -> Int4,
    }
}

diesel::table! {
    refresh_token (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reported_score (game_id, id) {
        game_id -> Uuid,
        id -> Uuid,
        account_id -> Uuid,
        score -> Int8,
        at -> Timestamptz,
        self_reported -> Bool,
    }
}

diesel::table! {
    room (contest_id) {
        contest_id -> Uuid,
        owner_id -> Uuid,
        private -> Bool,
        members -> Int2,
        max_members -> Int2,
    }
}

diesel::table! {
    room_member (contest_id, team_id) {
        contest_id -> Uuid,
        team_id -> Uuid,
        user_id -> Uuid,
        joined_at -> Timestamptz,
        gone_at -> Nullable<Timestamptz>,
        removed -> Bool,
    }
}

diesel::table! {
    room_problem (contest_id, no) {
        contest_id -> Uuid,
        no -> Int4,
        problem_id -> Text,
        question_id -> Uuid,
    }
}

diesel::table! {
    session (id) {
        id -> Uuid,
        account_id -> Uuid,
        epoch -> Int4,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    staff_token (id) {
        id -> Uuid,
        label -> Text,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    start_link (code_hash) {
        code_hash -> Bytea,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    submission (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        assignment_id -> Uuid,
        team_id -> Uuid,
        attempt_no -> Int2,
        answer -> Jsonb,
        received_at -> Timestamptz,
        state -> Text,
        member_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    team (contest_id, id) {
        contest_id -> Uuid,
        id -> Uuid,
        name -> Text,
        name_key -> Text,
        name_skeleton -> Text,
        email -> Text,
        join_code -> Text,
        state -> Text,
        hidden -> Bool,
        extra_time_ms -> Int8,
        version -> Int4,
        members -> Int2,
        max_members -> Int2,
        points -> Int8,
        credit_limit -> Int8,
        debt -> Int8,
        last_gain_ms -> Nullable<Int8>,
        wrong -> Int4,
        ledger_seq -> Int4,
        standing_no -> Int4,
        created_at -> Timestamptz,
        division -> Nullable<Text>,
        disqualified_by -> Nullable<Text>,
        disqualified_for -> Nullable<Text>,
    }
}

diesel::table! {
    verified_log (contest_id) {
        contest_id -> Uuid,
        seq -> Int8,
        hash -> Bytea,
    }
}

diesel::table! {
    ws_ticket (ticket_hash) {
        ticket_hash -> Bytea,
        token_hash -> Nullable<Bytea>,
        expires_at -> Timestamptz,
        session_id -> Nullable<Uuid>,
    }
}

diesel::joinable!(announcement -> contest (contest_id));
diesel::joinable!(api_token -> account (account_id));
diesel::joinable!(contest_pause -> contest (contest_id));
diesel::joinable!(contest_question -> contest (contest_id));
diesel::joinable!(contest_score -> account (account_id));
diesel::joinable!(contest_score -> contest (contest_id));
diesel::joinable!(contest_score -> game (game_id));
diesel::joinable!(credited_contest -> contest (contest_id));
diesel::joinable!(credited_contest -> game (game_id));
diesel::joinable!(division -> contest (contest_id));
diesel::joinable!(high_score -> account (account_id));
diesel::joinable!(high_score -> game (game_id));
diesel::joinable!(member -> account (user_id));
diesel::joinable!(mystery_box -> contest (contest_id));
diesel::joinable!(refresh_token -> session (session_id));
diesel::joinable!(reported_score -> account (account_id));
diesel::joinable!(room -> account (owner_id));
diesel::joinable!(room -> contest (contest_id));
diesel::joinable!(room_member -> account (user_id));
diesel::joinable!(room_member -> room (contest_id));
diesel::joinable!(room_problem -> room (contest_id));
diesel::joinable!(session -> account (account_id));
diesel::joinable!(team -> contest (contest_id));

diesel::allow_tables_to_appear_in_same_query!(
    account,
    acknowledgement,
    announcement,
    answer_key,
    api_token,
    assignment,
    audit_log,
    box_opening,
    chat_message,
    chat_mute,
    clarification,
    clarification_answer,
    contest,
    contest_event,
    contest_pause,
    contest_question,
    contest_score,
    credited_contest,
    division,
    first_correct,
    free_question,
    frozen_standing,
    game,
    high_score,
    idempotency,
    judgement,
    last_check,
    ledger_entry,
    member,
    mystery_box,
    outbox,
    question,
    question_version,
    read_mark,
    refresh_token,
    reported_score,
    room,
    room_member,
    room_problem,
    session,
    staff_token,
    start_link,
    submission,
    team,
    verified_log,
    ws_ticket,
);
