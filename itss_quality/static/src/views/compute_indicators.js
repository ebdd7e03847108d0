import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** Compute the values of the indicators shown, one after the other, and tell how far it is. */
class ComputeIndicators extends Component {
    static template = "itss_quality.ComputeIndicators";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.action = useService("action");
    }

    async compute() {
        const ids = await this.orm.search("itss.indicator", this.env.searchModel.domain);
        for (const [number, id] of ids.entries()) {
            this.ui.block({ message: _t("Computing: %(done)s of %(all)s", { done: number + 1, all: ids.length }) });
            try {
                await this.orm.call("itss.indicator", "action_recompute", [[id]]);
            } finally {
                this.ui.unblock();
            }
        }
        return this.action.doAction("soft_reload");
    }
}

registry.category("cogMenu").add("itss-compute-indicators", {
    Component: ComputeIndicators,
    groupNumber: 10,
    isDisplayed: async ({ config, searchModel }) =>
        ["kanban", "list"].includes(config.viewType) &&
        searchModel.resModel === "itss.indicator" &&
        (await user.hasGroup("itss_quality.group_itss_quality")),
});
