import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";

/** An average in a pivot table (widget="itss_average"): over nothing it is no data, and not 0. */
function formatAverage(value, options = {}) {
    return value === false || value === null ? _t("no data") : formatFloat(value, options);
}

registry.category("formatters").add("itss_average", formatAverage);
