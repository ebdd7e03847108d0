/* global luxon */
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function inState(state) {
    return {
        content: `The record is in state ${state}`,
        trigger: `.o_statusbar_status .o_arrow_button_current[data-value='${state}']`,
    };
}

/** A button of the form's header. */
function press(name) {
    return {
        content: `Press ${name}`,
        trigger: `.o_form_statusbar button[name='${name}']`,
        run: "click",
    };
}

/** A button of the form's header whose question is answered with yes. */
function confirmButton(name) {
    return [
        press(name),
        {
            content: "Confirm what the step means",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
    ];
}

function openTab(name) {
    return {
        content: `Open the tab ${name}`,
        trigger: `.o_notebook_headers a[name='${name}']`,
        run: "click",
    };
}

function fillIn(field, text) {
    return {
        content: `Fill in ${field}`,
        trigger: `.o_field_widget[name='${field}'] textarea`,
        run: `edit ${text}`,
    };
}

function choose(field, name) {
    return [
        {
            content: `Search ${name} for ${field}`,
            trigger: `.o_field_widget[name='${field}'] input`,
            run: `edit ${name}`,
        },
        {
            content: `Choose ${name}`,
            trigger: `.o-autocomplete--dropdown-item a:contains('${name}')`,
            run: "click",
        },
    ];
}

function conclude(field, verdict, text) {
    return [
        {
            content: `${field}: ${verdict}`,
            trigger: `.o_field_widget[name='${field}'] .o_radio_item:contains('${verdict}') input`,
            run: "click",
        },
        fillIn(`${field}_text`, text),
    ];
}

const save = {
    content: "Save",
    trigger: ".o_form_button_save",
    run: "click",
};

// The quality department launches the review from its line of the plan, and sends the notice

tours.add("itss_review_announce", {
    steps: () => [
        press("action_start_work"),
        {
            content: "The review carries out the line",
            trigger: ".o_form_view .o_field_widget[name='plan_line_id'] input:value('管理评审')",
        },
        {
            content: "It was this morning",
            trigger: ".o_field_widget[name='date'] :is(input, button)",
            run: "click",
        },
        {
            content: "Enter when",
            trigger: ".o_field_widget[name='date'] input",
            run(actions) {
                const moment = luxon.DateTime.now().minus({ hours: 5 });
                return actions.edit(moment.toFormat("MM/dd/yyyy HH:mm:ss"));
            },
        },
        ...choose("chair_id", "张总"),
        {
            content: "Say where",
            trigger: ".o_field_widget[name='location'] input",
            run: "edit 三号会议室",
        },
        save,
        {
            content: "The audit's results are still to come",
            trigger: ".alert-warning:contains('内审')",
        },
        ...confirmButton("action_announce"),
        inState("announced"),
        openTab("inputs"),
        {
            content: "The figures are there: nothing was solved yet",
            trigger: ".o_data_row:contains('Process Performance'):contains('no data')",
        },
        openTab("meeting"),
        {
            content: "People are invited",
            trigger: ".o_field_widget[name='meeting_ids'] .o_data_row",
        },
    ],
});

// A department writes its topic report

tours.add("itss_review_report_topic", {
    steps: () => [
        {
            content: "It sees its own topics only",
            trigger: ".o_list_view:not(:has(.o_data_row:eq(1))) .o_data_cell:contains('Internal and External')",
            run: "click",
        },
        fillIn("text", "无重大变化"),
        {
            content: "What the meeting suggests is not its to write",
            trigger: ".o_form_view:not(:has(.o_field_widget[name='suggestions'] textarea))",
        },
        save,
        {
            content: "Saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
    ],
});

// The quality department records what was decided, and prepares the report

tours.add("itss_review_hold", {
    steps: () => [
        openTab("meeting"),
        {
            content: "Open the meeting",
            trigger: ".o_field_widget[name='meeting_ids'] .o_data_cell",
            run: "click",
        },
        {
            content: "Write the minutes",
            trigger: ".modal .o_field_widget[name='minutes'] .odoo-editor-editable",
            run: "editor 会议记录",
        },
        {
            content: "Go to the attendance sheet",
            trigger: ".modal .o_notebook_headers a[name='attendance']",
            run: "click",
        },
        {
            content: "The chair was there",
            trigger: ".modal .o_data_row:contains('张总') [name='is_present'] input",
            run: "click",
        },
        {
            content: "Save the meeting",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "Back on the review",
            trigger: "body:not(:has(.modal)) [name='meeting_ids'] .o_data_row",
        },
        save,
        {
            content: "One of those invited was present",
            trigger: "[name='meeting_ids'] [name='present_count']:contains('1')",
        },
        ...confirmButton("action_hold"),
        inState("held"),
        {
            content: "It says what is missing",
            trigger: ".alert-info:contains('Suitability'):contains('approved report')",
        },
        openTab("conclusion"),
        ...conclude("suitability", "Suitable", "体系适宜"),
        ...conclude("adequacy", "Largely Adequate", "夜班人手不足"),
        ...conclude("effectiveness", "Effective", "目标达成"),
        openTab("decisions"),
        {
            content: "Add a decision",
            trigger: ".o_field_widget[name='decision_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        fillIn("name", "增加夜班工程师"),
        ...choose("owner_id", "t_ops"),
        {
            content: "Until the end of the year",
            trigger: ".o_field_widget[name='date_deadline'] :is(input, button)",
            run: "click",
        },
        {
            content: "Enter until when",
            trigger: ".o_field_widget[name='date_deadline'] input",
            run(actions) {
                const day = luxon.DateTime.now().plus({ days: 30 });
                return actions.edit(day.toFormat("MM/dd/yyyy"));
            },
        },
        save,
        press("action_raise_improvements"),
        {
            content: "The decision is an improvement now, which is planned",
            trigger: ".o_field_widget[name='decision_ids'] .o_data_row:contains('Planned')",
        },
        press("action_open_report"),
        {
            content: "The conclusion stands in the report",
            trigger: ".o_form_view .o_field_widget[name='adequacy_text'] textarea:value('夜班人手不足')",
        },
        ...confirmButton("action_submit"),
        inState("submitted"),
    ],
});

function sign(name, state) {
    return [
        {
            content: "Open the report",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('RR-')",
            run: "click",
        },
        ...confirmButton(name),
        inState(state),
    ];
}

tours.add("itss_review_review", { steps: () => sign("action_review", "reviewed") });

tours.add("itss_review_approve", { steps: () => sign("action_approve", "approved") });

// Whoever got the report confirms that it was read

tours.add("itss_review_read", {
    steps: () => [
        {
            content: "Open the report",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('RR-')",
            run: "click",
        },
        press("action_confirm_read"),
        {
            content: "Nothing is left to confirm",
            trigger: ".o_form_statusbar:not(:has(button[name='action_confirm_read']))",
        },
    ],
});

tours.add("itss_review_close", {
    steps: () => [
        {
            content: "Nothing is missing any more",
            trigger: ".o_form_sheet:not(:has(.alert-info))",
        },
        ...confirmButton("action_close"),
        inState("closed"),
    ],
});
