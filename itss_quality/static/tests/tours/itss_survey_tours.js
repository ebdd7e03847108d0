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

function fillIn(field, text) {
    return {
        content: `Fill in ${field}`,
        trigger: `.o_field_widget[name='${field}'] textarea`,
        run: `edit ${text}`,
    };
}

function chooseUser(field, name) {
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

// The quality department launches the survey from its line of the plan

tours.add("itss_survey_launch", {
    steps: () => [
        press("action_start_survey"),
        {
            content: "The round carries out the line",
            trigger:
                ".o_form_view .o_field_widget[name='plan_line_id'] input:value('客户满意度调查')",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Nobody can be asked yet",
            trigger: ".o_form_statusbar:not(:has(button[name='action_start']))",
        },
        press("action_propose_participants"),
        {
            content: "Two customers had tickets this year",
            trigger: ".modal .o_field_widget[name='customer_count']:contains('2')",
        },
        {
            content: "Take them",
            trigger: ".modal button[name='action_propose']",
            run: "click",
        },
        {
            content: "They are on the list",
            trigger:
                "body:not(:has(.modal)) .oe_stat_button[name='action_view_participants']:contains('2')",
        },
        ...confirmButton("action_start"),
        inState("running"),
        {
            content: "Whom it asks can't change any more",
            trigger: ".o_form_statusbar:not(:has(button[name='action_propose_participants']))",
        },
    ],
});

// An agent calls a customer and enters what the customer says

function answer(question, choice) {
    return {
        content: `${question}: ${choice}`,
        trigger: `.o_itss_survey_entry fieldset:contains('${question}') label:contains('${choice}')`,
        run: "click",
    };
}

tours.add("itss_survey_enter", {
    steps: () => [
        {
            content: "Two customers have not answered yet",
            trigger: ".o_list_view .o_data_row:eq(1)",
        },
        {
            content: "Take one",
            trigger: ".o_data_row:contains('陈主任') button[name='action_enter']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The agent knows whom to call",
            trigger: "h1:contains('陈主任'):contains('13800000001')",
        },
        {
            content: "By phone it is, as there is no other channel to enter",
            trigger: "select[name='channel']:value('phone')",
        },
        answer("speed of our response", "Fair"),
        answer("technical skill", "Very satisfied"),
        answer("attitude", "Not applicable"),
        {
            content: "One row of the matrix",
            trigger: "input[aria-label='I am kept informed of the progress: Satisfied']",
            run: "click",
        },
        {
            content: "Note what was said",
            trigger: ".o_itss_survey_entry textarea",
            run: "edit 希望夜间响应再快一些",
        },
        {
            content: "Save",
            trigger: ".o_itss_survey_entry button[value='close']",
            run: "click",
            expectUnloadPage: true,
        },
        inState("answered"),
        {
            content: "The score is counted at once: (60 + 100 + 80) / 3",
            trigger: ".o_form_view .o_field_widget[name='score']:contains('80.0')",
        },
    ],
});

// The quality department watches, ends the survey, and prepares the report

tours.add("itss_survey_end", {
    steps: () => [
        {
            content: "One has answered, one has not",
            trigger: ".oe_stat_button[name='action_view_missing']:contains('1')",
        },
        press("action_refresh"),
        {
            content: "From one answer nothing is said about the target",
            trigger: ".o_form_view .o_field_widget[name='verdict']:contains('Too few answers')",
        },
        ...confirmButton("action_end"),
        inState("analysing"),
        {
            content: "Go to the analysis",
            trigger: ".o_notebook_headers a[name='analysis']",
            run: "click",
        },
        fillIn("conclusion", "客户对响应速度不满意"),
        fillIn("measures", "增加一名夜间值班人员"),
        press("action_open_report"),
        {
            content: "The analysis stands in the report",
            trigger:
                ".o_form_view .o_field_widget[name='conclusion'] textarea:value('客户对响应速度不满意')",
        },
        {
            content: "Choose who signs",
            trigger: ".o_notebook_headers a[name='signatures']",
            run: "click",
        },
        ...chooseUser("reviewer_id", "t_ops"),
        ...chooseUser("approver_id", "t_boss"),
        ...confirmButton("action_submit"),
        inState("submitted"),
        {
            content: "Whoever prepared it does not review it",
            trigger: ".o_form_statusbar:not(:has(button[name='action_review']))",
        },
    ],
});

function sign(name, state) {
    return [
        {
            content: "Open the report",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('SA-')",
            run: "click",
        },
        ...confirmButton(name),
        inState(state),
    ];
}

tours.add("itss_survey_review", { steps: () => sign("action_review", "reviewed") });

tours.add("itss_survey_approve", {
    steps: () => [
        ...sign("action_approve", "approved"),
        {
            content: "The report as signed is kept",
            trigger: "button[name='action_open_signed_pdf']",
        },
    ],
});
