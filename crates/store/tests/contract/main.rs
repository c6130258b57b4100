//! What every store must do. The functions take `&dyn Store`, so that each database can be held to them; here
//! they run on SQLite. `sqlite.rs` has what only a file can show: restarts, failed commits, two processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "test code"
)]

mod accounts;
mod board;
mod chart;
mod device;
mod doors;
mod journal;
mod kit;
mod model;
mod outbox;
mod own;
mod roster;
mod sight;
mod sqlite;
mod trail;
mod watch;
mod worklist;

/// A test per function of the contract.
macro_rules! contract {
    ($($module:ident { $($name:ident),+ $(,)? })+) => {
        mod on_sqlite { $(
            mod $module { $(
                #[tokio::test]
                async fn $name() {
                    let (store, _file) = crate::kit::sqlite();
                    crate::$module::$name(&store).await;
                }
            )+ }
        )+ }
    };
}

contract! {
    journal {
        what_was_sent_comes_back,
        a_second_one_is_a_duplicate,
        an_id_is_used_once_whatever_the_day,
        every_item_is_answered_in_order,
        a_replay_moves_one,
        a_replay_that_is_refused_keeps_its_row,
        a_walk_gives_everything_once,
        devices_are_counted,
        another_device_than_the_topic_is_refused,
    }
    roster {
        a_patient_is_what_was_entered,
        one_request_is_one_commit_of_several_events,
        an_enrolment_keeps_the_moment_it_was_entered,
        an_overlap_changes_nothing,
        a_move_concerns_both,
        a_correction_concerns_who_has_the_device,
        the_clinic_concerns_everybody,
        a_rulebook_is_installed_once,
        patients_are_found,
        a_future_pause_is_not_in_force_yet,
    }
    chart {
        a_device_goes_to_somebody_else_at_once_or_not_at_all,
        what_was_agreed_is_told_with_who_and_why,
        a_patients_devices_are_theirs_alone,
    }
    worklist {
        an_evaluation_is_committed_whole,
        what_is_folded_is_found_again,
        a_stale_evaluation_changes_nothing,
        a_turn_gathers_what_its_asker_does_not_know,
        a_second_open_task_is_refused,
        a_wake_up_committed_twice_is_written_once,
        commands_are_events_with_outcomes,
        patients_are_due_when_their_time_comes,
        tasks_are_filtered_and_walked,
        a_start_tells_since_when_it_was_down,
    }
    board {
        the_most_urgent_stands_first,
        a_list_is_narrowed,
        a_list_that_was_read_before_shows_what_changed_since,
        a_list_shows_whom_the_reader_sees,
        a_row_says_what_it_is_about,
        a_row_that_was_shown_before_says_what_is_so_now,
        what_holds_without_a_task_is_listed,
    }
    doors {
        sources_come_and_go,
        a_session_is_kept_until_it_expires,
        the_cap_forgets_the_disconnected_first,
        a_will_is_kept_until_it_is_said,
        prompts_wait_until_delivered,
        a_status_is_kept,
    }
    outbox {
        a_message_is_written_once_and_leaves_with_the_others,
        an_attempt_that_may_have_arrived_keeps_its_id,
        a_dead_end_is_an_event,
        what_is_withdrawn_does_not_leave,
        a_policy_wakes_who_has_an_open_task_and_makes_older_evaluations_stale,
    }
    own {
        a_link_opens_with_its_code_until_it_is_taken_back,
        attempts_are_counted_one_by_one,
        prompts_are_those_of_own_readings,
    }
    watch {
        the_silent_are_found_and_counted,
        weak_devices_are_shown_to_those_who_see_their_patients,
        devices_are_found_page_by_page,
        sources_stand_in_rows,
        reasons_are_counted,
        the_clinics_changes_are_told,
    }
    accounts {
        people_sign_in,
        tokens_work_until_disabled,
        the_last_administrator_stays,
        a_sign_in_goes_on_once,
    }
    sight {
        lists_hold_whom_the_scope_sees,
        a_patient_changes_teams,
        glass_is_open_for_a_while,
    }
    trail {
        the_trail_is_newest_first,
        the_trail_is_filtered,
        each_line_follows_from_the_one_before,
    }
}
