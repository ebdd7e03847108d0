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

function chooseEmployee(field, name) {
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

function save() {
    return [
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_view .o_form_saved",
        },
    ];
}

// The quality department plans the audit from its line of the plan

tours.add("itss_audit_launch", {
    steps: () => [
        press("action_start_audit"),
        {
            content: "The audit carries out the line",
            trigger: ".o_form_view .o_field_widget[name='plan_line_id'] input:value('内审')",
        },
        {
            content: "The departments that the line names are audited",
            trigger: ".o_field_widget[name='department_ids'] .o_tag:contains('人力资源部')",
        },
        ...chooseEmployee("lead_auditor_id", "t_quality"),
        ...chooseEmployee("auditor_ids", "t_auditor"),
        ...save(),
        {
            content: "It has got its number",
            trigger: ".o_breadcrumb .active:contains('IA-')",
        },
        inState("draft"),
    ],
});

// An auditor judges a question and raises what was found

tours.add("itss_audit_judge", {
    steps: () => [
        {
            content: "Open the checklist",
            trigger: ".oe_stat_button[name='action_view_lines']",
            run: "click",
        },
        {
            content: "Without evidence a card offers one verdict only",
            trigger: ".o_kanban_record button[name='action_judge']:only-child:contains('Conforming')",
        },
        {
            content: "Open a question",
            trigger: ".o_kanban_record .fw-bold:contains('计划是否经批准')",
            run: "click",
        },
        {
            content: "Write down what is seen",
            trigger: ".o_field_widget[name='evidence'] textarea",
            run: "edit 年度计划没有批准记录",
        },
        {
            content: "Judge it",
            trigger: ".o_form_statusbar button[name='action_judge']:contains('Major')",
            run: "click",
        },
        press("action_raise_nonconformity"),
        {
            content: "What was seen is not typed twice",
            trigger: ".o_field_widget[name='facts'] textarea:value('年度计划没有批准记录')",
        },
        {
            content: "Say whose work it is about",
            trigger: ".o_field_widget[name='position'] input",
            run: "edit 运维部经理",
        },
        ...save(),
        ...confirmButton("action_raise"),
        inState("raised"),
        {
            content: "The auditor does not confirm it",
            trigger: ".o_form_statusbar:not(:has(button[name='action_confirm']))",
        },
    ],
});

// The head of the audited department confirms it

tours.add("itss_audit_confirm", {
    steps: () => [
        {
            content: "Open the nonconformity",
            trigger: ".o_data_row .o_data_cell:contains('年度计划没有批准记录')",
            run: "click",
        },
        ...confirmButton("action_confirm"),
        inState("confirmed"),
        {
            content: "Its correction can be planned",
            trigger: ".o_form_statusbar button[name='action_raise_improvement']",
        },
    ],
});
