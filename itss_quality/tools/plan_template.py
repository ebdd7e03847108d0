"""What a new plan starts with: the built-in ITSS template, or last year's texts moved on."""

import re

from odoo.tools import plaintext2html


def shift_year(text, year, delta):
    """Move ``year`` on by ``delta``, but not in the number of a standard (28827.1-2022).

    :param str text: any text or HTML; ``False`` counts as empty
    :return: the text
    """
    return re.sub(rf"(?<![\d./\-—–]){year}(?!\d)", str(year + delta), text or "")


def shift_years(text, delta):
    """Move every year of a date text on by ``delta`` (2025年12月-2026年1月 → 2026年12月-2027年1月).

    :return: the text
    """
    return re.sub(r"(?<!\d)20\d\d(?!\d)", lambda match: str(int(match[0]) + delta), text or "")


def prepare_template_texts(env):
    """Return the chapters 1 to 6 of a new plan, in the user's language.

    The chapters follow the 2025 plan; standards are left to the user, who
    knows the editions the company is certified against.

    :param Environment env: gives the language
    :return: values for the Html fields of ``itss.plan``
    """
    texts = {
        "purpose": env._(
            "This plan lays down the service quality activities of the company's O&M service, "
            "their requirements and responsibilities, in order to raise service quality."
        ),
        "scope": env._(
            "This plan applies to the departments and persons who take part in O&M services."
        ),
        "reference_documents": env._(
            "(Enter the standards the company works by, with their editions.)\n"
            "The national laws, regulations and industry standards that apply."
        ),
        "terms": env._("None"),
        "roles": env._(
            "Management: approves the annual plan; watches and steers the service processes and "
            "their improvement; reviews the O&M service system.\n"
            "Quality department: assures service quality at company level and writes the overall "
            "plan; monitors service quality and holds quality analysis meetings; runs internal "
            "audits and follows nonconformities up; supervises and checks improvement measures; "
            "analyses, handles and calls back major complaints; reviews the annual O&M service "
            "report; runs the customer satisfaction survey.\n"
            "O&M department: controls the quality of its services; analyses survey results and "
            "acts on them; holds quality analysis meetings; tracks complaint handling; writes "
            "summary reports; watches service handling; calls every handled incident back; "
            "receives and handles complaints and passes important ones on at once.\n"
            "Other departments: take part in writing the plan; carry it out; accept supervision "
            "by the quality department and report progress periodically; take effective measures "
            "to improve on problems found."
        ),
        "activities": env._(
            "Internal audit: checks whether the O&M service activities and their results agree "
            "with what was planned. Organised by the quality department.\n"
            "Management review: reviews the O&M service system so that it stays suitable, "
            "adequate and effective. Organised by the management representative, assisted by "
            "the quality department.\n"
            "Customer satisfaction: at company level at least once a year, by the quality "
            "department, with a summary analysis; at project level a telephone callback by the "
            "service desk within 24 hours of every solved incident or problem.\n"
            "Process improvement: needs are found by inspecting service processes, by analysing "
            "service indicators and by collecting customer feedback and complaints.\n"
            "Quality training: raises the professional skills of O&M staff."
        ),
    }
    return {field: plaintext2html(text) for field, text in texts.items()}


def prepare_template_lines(env, year):
    """Return the eight lines of the 2025 plan's table for another year.

    :param Environment env: gives the language and the company whose
        departments (company settings) the lines name
    :param int year: year of the plan
    :return: list of values for ``itss.plan.line``
    """
    company = env.company
    quality = company.itss_quality_department_id
    operations = company.itss_operations_department_id
    all_concerned = env._("All departments concerned")
    operations_manager = env._("O&M Manager")
    representative = env._("Management Representative")
    january = env._("January %(year)s", year=year)
    all_year = env._("All year")
    october = env._("October %(year)s", year=year)
    before_audit = env._("October %(year)s (before the external audit)", year=year)
    end_of_october = env._("End of October %(year)s", year=year)

    def line(number, kind, name, measures, responsible, supporting, title, date_text):
        return {
            "sequence": int(number) * 10,
            "number": number,
            "kind": kind,
            "name": name,
            "measures": measures,
            "responsible_department_ids": [(6, 0, responsible.ids)],
            "supporting_department_ids": [(6, 0, [] if supporting is None else supporting.ids)],
            "supporting_text": all_concerned if supporting is None else False,
            "responsible_title": title,
            "date_text": date_text,
        }

    return [
        line(
            "1",
            "objectives",
            env._("Planning and breakdown of O&M service quality objectives"),
            env._(
                "1. Set the department's O&M service quality objectives;\n"
                "2. Break them down and write the countermeasure table."
            ),
            operations,
            quality,
            operations_manager,
            january,
        ),
        line(
            "2",
            "feedback",
            env._("Quality information feedback"),
            env._(
                "1. Keep in touch with users and ask for their opinion;\n"
                "2. Exchange and use feedback in time, as laid down;\n"
                "3. Survey and analyse user satisfaction at company and incident level, to know "
                "requirements and opinions in time;\n"
                "4. Follow the handling of problems;\n"
                "5. Handle user complaints."
            ),
            operations,
            quality,
            operations_manager,
            all_year,
        ),
        line(
            "3",
            "process_control",
            env._("Process control of the O&M service capability management system"),
            env._(
                "1. Every department works to the rules of its field, controls its service "
                "processes and keeps process records valid and complete, so that there is a rule "
                "for everything and evidence of everything;\n"
                "2. The O&M department reviews and analyses its services periodically, keeps up "
                "weekly meetings, service inspections and checks, and deals with what they show."
            ),
            operations,
            quality,
            operations_manager,
            all_year,
        ),
        line(
            "4",
            "survey",
            env._("Customer satisfaction survey"),
            env._(
                "Every year the quality department surveys the satisfaction of O&M customers at "
                "company level."
            ),
            operations | quality,
            None,
            env._("Quality Department"),
            october,
        ),
        line(
            "5",
            "audit",
            env._("Internal audit"),
            env._(
                "Write the audit plan as required, choose the auditors and train them before the "
                "audit; prepare and hold the preparatory meeting; audit on site and keep records; "
                "write the audit report and issue it in time; correct nonconformities carefully "
                "and verify them."
            ),
            quality,
            None,
            representative,
            before_audit,
        ),
        line(
            "6",
            "review",
            env._("Management review"),
            env._(
                "1. On the general manager's word the quality department writes the plan of the "
                "O&M service management review and organises the topic reports;\n"
                "2. The deputy general manager gathers reports and review material and submits "
                "them to the meeting;\n"
                "3. The general manager chairs, the departments and persons concerned take part; "
                "the review is held and recorded, its report written and issued;\n"
                "4. Carry out what the review report asks for."
            ),
            quality,
            None,
            representative,
            before_audit,
        ),
        line(
            "8",
            "evaluation",
            env._("Analysis and evaluation of how far the quality objectives were met"),
            env._(
                "1. The O&M manager evaluates each objective of the department's countermeasure "
                "table and writes the department's evaluation report.\n"
                "2. From it the quality department writes the company's evaluation report."
            ),
            operations,
            None,
            operations_manager,
            end_of_october,
        ),
        line(
            "9",
            "documents",
            env._("Continual revision of system documents"),
            env._(
                "1. Departments that find daily work and system documents apart revise, review "
                "and improve the documents.\n"
                "2. Where internal audit or management review find documents that do not agree "
                "with ITSS, propose changes in time and keep revising and improving."
            ),
            quality,
            None,
            representative,
            all_year,
        ),
    ]
