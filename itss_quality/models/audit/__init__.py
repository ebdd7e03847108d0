from . import hr_department, hr_employee, hr_employee_public, res_company, res_config_settings
