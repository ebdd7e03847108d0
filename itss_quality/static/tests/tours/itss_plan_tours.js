import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** The step in the status bar that the record has reached. */
function inState(state) {
    return {
        content: `The record is in state ${state}`,
        trigger: `.o_statusbar_status .o_arrow_button_current[data-value='${state}']`,
    };
}

/** A button of the form's header whose question is answered with yes. */
function confirmButton(name) {
    return [
        {
            content: `Press ${name}`,
            trigger: `.o_form_statusbar button[name='${name}']`,
            run: "click",
        },
        {
            content: "Confirm what the step means",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
    ];
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

function openRow(text) {
    return {
        content: `Open the row of ${text}`,
        trigger: `.o_list_view .o_data_row .o_data_cell:contains('${text}')`,
        run: "click",
    };
}

// Prepare → review → approve, each by another user

tours.add("itss_plan_prepare", {
    steps: () => [
        {
            content: "Make a plan from the built-in template",
            trigger: "button[name='action_new_from_template']",
            run: "click",
        },
        {
            content: "It has the template's eight lines",
            trigger: ".o_form_view .o_field_widget[name='line_ids'] .o_data_row:eq(7)",
        },
        {
            content: "A draft can't be approved",
            trigger: ".o_form_statusbar:not(:has(button[name='action_approve']))",
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

tours.add("itss_plan_review", {
    steps: () => [openRow("QP-"), ...confirmButton("action_review"), inState("reviewed")],
});

tours.add("itss_plan_approve", {
    steps: () => [
        openRow("QP-"),
        ...confirmButton("action_approve"),
        inState("approved"),
        {
            content: "The document as signed is kept",
            trigger: "button[name='action_open_signed_pdf']",
        },
    ],
});

// Import as a planner

tours.add("itss_plan_import", {
    steps: () => [
        {
            content: "Open the import of the draft",
            trigger: ".o_form_statusbar button[name='action_import_lines']",
            run: "click",
        },
        {
            content: "Choose the file",
            trigger: ".modal .o_field_widget[name='file'] input[type='file']:not(:visible)",
            async run() {
                const response = await fetch("/web/content/itss_quality.test_plan_table");
                const transfer = new DataTransfer();
                transfer.items.add(new File([await response.arrayBuffer()], "plan.xlsx"));
                this.anchor.files = transfer.files;
                this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        {
            content: "The file is uploaded",
            trigger: ".modal .o_field_widget[name='file'] input[type='text']:value('plan.xlsx')",
        },
        {
            content: "Have it checked",
            trigger: ".modal button[name='action_preview']",
            run: "click",
        },
        {
            content: "Every line of the table is shown before anything is written",
            trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row:eq(1) .o_data_cell:contains('目标评价')",
        },
        {
            content: "Import",
            trigger: ".modal button[name='action_import']",
            run: "click",
        },
        {
            content: "The plan has the lines, the number that was left out included",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name='line_ids'] .o_data_row:eq(1) .o_data_cell[name='number']:contains('8')",
        },
    ],
});

// A participant reports progress, the quality department reads it

tours.add("itss_plan_report_progress", {
    steps: () => [
        {
            content: "Other departments' lines are not among mine",
            trigger: ".o_list_view:not(:has(.o_data_cell:contains('管理评审')))",
        },
        openRow("质量培训"),
        {
            content: "Report progress",
            trigger: ".o_form_statusbar button[name='action_report']",
            run: "click",
        },
        {
            content: "Enter the percentage",
            trigger: ".modal .o_field_widget[name='percent'] input",
            run: "edit 60",
        },
        {
            content: "Say what was done",
            trigger: ".modal .o_field_widget[name='text'] textarea",
            run: "edit 第一期培训已举办",
        },
        {
            content: "Send the report",
            trigger: ".modal .modal-footer button.btn-primary",
            run: "click",
        },
        {
            content: "The line is under way",
            trigger: "body:not(:has(.modal))",
        },
        inState("in_progress"),
    ],
});

tours.add("itss_plan_read_report", {
    steps: () => [
        {
            content: "The report is there, with its department",
            trigger: ".o_list_view .o_data_row:contains('第一期培训已举办'):contains('人力资源部')",
        },
        openRow("第一期培训已举办"),
        {
            content: "It can be read and not changed",
            trigger: ".o_form_view .o_field_widget[name='text']:contains('第一期培训已举办')",
        },
    ],
});
