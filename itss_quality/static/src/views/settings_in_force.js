import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** The settings that the figures of an analysis go by, in the menu beside its title. */
class SettingsInForce extends Component {
    static template = "itss_quality.SettingsInForce";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.action = useService("action");
    }

    open() {
        return this.action.doAction("itss_quality.itss_setting_period_action");
    }
}

registry.category("cogMenu").add("itss-settings-in-force", {
    Component: SettingsInForce,
    groupNumber: 20,
    isDisplayed: ({ config, searchModel }) =>
        ["graph", "pivot"].includes(config.viewType) && Boolean(searchModel.globalContext.itss_settings_in_force),
});
