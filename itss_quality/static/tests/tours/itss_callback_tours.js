import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** An option of a radio button in the dialog of a call. */
function chooseOption(field, value) {
    return {
        content: `${field}: ${value}`,
        trigger: `.modal .o_field_widget[name='${field}'] input[data-value='${value}']`,
        run: "click",
    };
}

// A service desk agent works through the calls of the day

tours.add("itss_callback_calls", {
    steps: () => [
        {
            content: "Take the most urgent call",
            trigger: ".o_control_panel button[name='action_next_call']",
            run: "click",
        },
        {
            content: "The agent knows whom to call, and about what",
            trigger: ".modal .o_field_widget[name='ticket_name']:contains('打印机故障')",
        },
        chooseOption("is_solved", "yes"),
        chooseOption("stars", "4"),
        {
            content: "Stars are points",
            trigger: ".modal .o_field_widget[name='score'] input:value('80')",
        },
        {
            content: "Save and take the next call",
            trigger: ".modal button[name='action_save_next']",
            run: "click",
        },
        {
            content: "It is another ticket",
            trigger: ".modal .o_field_widget[name='ticket_name']:contains('网络中断')",
        },
        chooseOption("outcome", "no_answer"),
        {
            content: "Without an answer there is no verdict to enter",
            trigger: ".modal .o_form_view:not(:has(.o_field_widget[name='is_solved']))",
        },
        {
            content: "Save",
            trigger: ".modal button[name='action_save']",
            run: "click",
        },
        {
            content: "One call is left",
            trigger: "body:not(:has(.modal)) .o_data_row:only-child .o_data_cell:contains('网络中断')",
        },
    ],
});

// The quality department corrects what was recorded

tours.add("itss_callback_correct", {
    steps: () => [
        {
            content: "Open the record",
            trigger: ".o_data_row .o_data_cell:contains('打印机故障')",
            run: "click",
        },
        {
            content: "Correct it",
            trigger: ".o_form_statusbar button[name='action_correct']",
            run: "click",
        },
        {
            content: "The customer said 60",
            trigger: ".modal .o_field_widget[name='score'] input",
            run: "edit 60",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit 坐席点错了",
        },
        {
            content: "Save the correction",
            trigger: ".modal button[name='action_correct']",
            run: "click",
        },
        {
            content: "The old value is kept",
            trigger: ".o-mail-Message-body:contains('80.0 → 60.0')",
        },
    ],
});
