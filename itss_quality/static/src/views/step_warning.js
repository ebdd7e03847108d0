import { patch } from "@web/core/utils/patch";
import { ViewButton } from "@web/views/view_button/view_button";

/** A step of one of our records that asks for confirmation asks with what the record warns of. */
patch(ViewButton.prototype, {
    get clickParams() {
        const params = super.clickParams;
        const { resModel, data } = this.props.record || {};
        if (!params.confirm || !resModel?.startsWith("itss.") || !data.warning) {
            return params;
        }
        return { ...params, confirm: `${data.warning}\n\n${params.confirm}` };
    },
});
