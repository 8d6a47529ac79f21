"""The whole tree: one section a policy, one key a field. A new policy is one line here."""

from __future__ import annotations

from dataclasses import dataclass, field

from sekisho.domain.accounts import ContactPolicy
from sekisho.domain.authentication.codes import CodePolicy
from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.domain.authentication.passwords import PasswordPolicy
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.domain.broker_access import BrokerAccessPolicy
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.ip_restrictions import IpRestrictionPolicy
from sekisho.domain.lockout import LockoutPolicy
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import DeliveryPolicy, OutboundPolicy, SmsGatewayPolicy
from sekisho.domain.sessions import SessionPolicy
from sekisho.domain.webhooks import WebhookPolicy
from sekisho.settings.sections import AuditSettings, DatabaseSettings, GeodataSettings, KeyringSettings, LoggingSettings, ServerSettings

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an administrator sets. A section that may be missing (`| None`) exists once one of its keys is set."""

    firm: FirmPolicy
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    keyring: KeyringSettings = field(default_factory=KeyringSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    passwords: PasswordPolicy = field(default_factory=PasswordPolicy)
    hashing: HashPolicy = field(default_factory=HashPolicy)
    lockout: LockoutPolicy = field(default_factory=LockoutPolicy)
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    codes: CodePolicy = field(default_factory=CodePolicy)
    sends: SendPolicy = field(default_factory=SendPolicy)
    contacts: ContactPolicy = field(default_factory=ContactPolicy)
    ip_restrictions: IpRestrictionPolicy = field(default_factory=IpRestrictionPolicy)
    broker_access: BrokerAccessPolicy = field(default_factory=BrokerAccessPolicy)
    monitoring: MonitoringPolicy = field(default_factory=MonitoringPolicy)
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    outbound: OutboundPolicy = field(default_factory=OutboundPolicy)
    sms_gateway: SmsGatewayPolicy | None = None
    mail: MailPolicy | None = None
    webhooks: WebhookPolicy | None = None
    geodata: GeodataSettings = field(default_factory=GeodataSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)

    @property
    def database_url(self) -> str:
        """The database's URL, without the password that `database.password` holds; SQLite in the data folder by default."""
        return self.database.url or f"sqlite:///{self.server.data_folder / 'sekisho.db'}"
