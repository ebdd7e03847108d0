import { registry } from "@web/core/registry";

// Whoever signs is asked with what the document warns of

registry.category("web_tour.tours").add("itss_audit_sign_with_warning", {
    steps: () => [
        {
            content: "The form warns",
            trigger: ".o_form_view .o_field_widget[name='warning']:contains('No audit has reached')",
        },
        {
            content: "Submit the plan",
            trigger: ".o_form_statusbar button[name='action_submit']",
            run: "click",
        },
        {
            content: "The question says it, too",
            trigger: ".modal p:contains('No audit has reached'):contains('You sign as preparer')",
        },
        {
            content: "Sign all the same",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is submitted",
            trigger: ".o_statusbar_status .o_arrow_button_current[data-value='submitted']",
        },
    ],
});
